// What all JavaScript drivers have in common: the subcommands of README.md over a peer's few operations, one JSON object a line on
// standard output, and a line on standard input to go on.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { runId } from './work.mjs';

/// Of the measured time, before it begins.
const warmShare = 0.2;
const milliseconds = 1000;
/// The measured time goes on until all in flight have gone round so often, but not for longer than so many times the time.
const roundsMin = 3;
const longest = 6;
/// How often that is looked at.
const pieces = 20;

function tell(event) {
    process.stdout.write(`${JSON.stringify(event)}\n`);
}

export function delay(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

/// Memory is read without what the next collection would take away: compare/ asks for it by this signal.
export function collectGarbageWhenAsked() {
    process.on('SIGUSR2', () => globalThis.gc());
}

/// Lets `inFlight` callers do `work` on rising numbers below `numbers`, each one after the other.
export async function callAll(inFlight, numbers, work) {
    let next = 0;
    const call = async () => {
        while (next < numbers) await work(next++);
    };
    await Promise.all(Array.from({ length: inFlight }, call));
}

async function loop(given, peer) {
    const [inFlight, seconds, ids] = [Number(given['in-flight']), Number(given.seconds), Number(given.ids)];
    const work = given.until === 'ended' ? peer.runToEnd : peer.startOnly;
    let completed = 0;
    let stopping = false;
    let failure;
    let samples;
    const call = async (first) => {
        for (let number = first; !stopping; number += inFlight) {
            const began = performance.now();
            await work(runId(ids + number));
            completed++;
            samples?.push(performance.now() - began);
        }
    };
    const calls = Promise.all(Array.from({ length: inFlight }, (_, i) => call(i))).catch((error) => {
        failure = error;
        stopping = true;
    });

    const warmFrom = performance.now();
    while (!failure && (completed < inFlight || performance.now() - warmFrom < seconds * warmShare * milliseconds))
        await delay(1);
    samples = [];
    tell({ event: 'begin' });
    const begin = performance.now();
    const before = completed;
    // Runs that began together end together for a while: a time in which few go round says little.
    const goesOn = (ms) => ms < seconds * milliseconds
        || (completed - before < roundsMin * inFlight && ms < longest * seconds * milliseconds);
    do await Promise.race([delay((seconds * milliseconds) / pieces), calls]);
    while (!failure && goesOn(performance.now() - begin));
    const runs = completed - before;
    const took = (performance.now() - begin) / milliseconds;
    const sorted = samples.sort((a, b) => a - b);
    if (!failure)
        tell({ event: 'end', runs, seconds: took, p50_ms: sorted[Math.floor(sorted.length / 2)] });
    stopping = true;
    await calls;
    if (failure) throw failure;
}

async function sleep(given, peer, go) {
    const [runs, ids] = [Number(given.runs), Number(given.ids)];
    // Whole runs first, so that what work brings up is not taken for what sleep takes.
    await callAll(Number(given['in-flight']), Number(given.warm), (number) => peer.runToEnd(runId(ids + runs + number)));
    tell({ event: 'ready' });
    await go();
    await callAll(Number(given['in-flight']), runs, (number) => peer.startNap(runId(ids + number), Number(given.nap)));
    await peer.untilAsleep(runs);
    tell({ event: 'asleep' });
    await go();
}

async function recover(given, peer, go) {
    await peer.untilFinished(Number(given.runs));
    tell({ event: 'finished' });
    await go();
}

/// `open` gets what the command line names and returns the peer's operations:
///   runToEnd(id), startOnly(id), startNap(id, seconds): a run to its result; one without steps, acknowledged; one that sleeps
///   untilAsleep(runs), untilFinished(runs)
///   close()
export async function drive(open) {
    const text = { type: 'string' };
    const { positionals: [subcommand], values: given } = parseArgs({
        allowPositionals: true,
        options: { where: text, admin: text, ids: text, runs: text, nap: text, until: text, seconds: text, 'in-flight': text,
            pool: text, warm: text },
    });
    collectGarbageWhenAsked();
    const subcommands = { loop, sleep, recover };
    if (!(subcommand in subcommands)) throw new Error(`there is no subcommand ${subcommand}`);
    const lines = createInterface({ input: process.stdin });
    // The end of the input lets it go on, too: then nobody waits for what comes next.
    const go = () => Promise.race([once(lines, 'line'), once(lines, 'close')]);
    const peer = await open(given);
    await subcommands[subcommand](given, peer, go);
    await peer.close();
    process.exit(0);
}

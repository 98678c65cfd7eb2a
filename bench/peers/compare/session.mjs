// All figures of one system, one after the other. What is tried is tried in the first round and kept for the others.

import { mkdirSync, rmSync } from 'node:fs';

import { settleSeconds, settleSecondsMax, stepsBeforeNap, stepsOfRun } from './amounts.mjs';
import { DriverCall } from './driver_call.mjs';
import { roundText } from './figures.mjs';
import { delay } from './processes.mjs';
import { anonymousBytes, processorSeconds } from './usage.mjs';

/// Run ids of one call of a driver are no other's.
const idsOfCall = 1_000_000_000;
const hour = 3_600;

/// What of a setting the servers must be started with.
const serverPart = ({ partitions }) => JSON.stringify({ partitions });

export class Session {
    constructor(system, place, amounts, say) {
        Object.assign(this, { system, place, amounts, say });
        this.chosen = {};
        this.figures = {};
        this.trials = [];
        this.calls = 0;
        this.round = 0;
    }

    async measure(round) {
        this.round = round;
        try {
            await this.measureLoops();
            if (this.system.sleeps) await this.measureMemory();
            await this.measureRecovery();
        } finally {
            await this.close();
        }
        this.say(`measured: ${roundText(this.figures, round)}`);
    }

    note(figure, value) {
        (this.figures[figure] ??= []).push(value);
    }

    // The servers.

    async openFresh(setting) {
        await this.close();
        const directory = `${this.place.scratch}/${this.system.name}-${this.calls}`;
        mkdirSync(directory, { recursive: true });
        this.directory = directory;
        this.opened = await this.system.open(
            { ...this.place, directory, log: (what) => this.logFor(what) }, setting);
        this.openedFor = serverPart(setting);
    }

    async openFor(setting) {
        if (!this.opened || this.openedFor !== serverPart(setting)) await this.openFresh(setting);
    }

    async close() {
        await this.opened?.stop();
        this.opened = undefined;
        if (this.directory) rmSync(this.directory, { recursive: true, force: true });
        this.directory = undefined;
    }

    logFor(what) {
        return `${this.place.logs}/${this.system.name}-${what}.log`;
    }

    call(subcommand, setting, given, ids = ++this.calls * idsOfCall) {
        const all = { ...this.opened.given(setting), 'in-flight': setting.inFlight, ids, ...given };
        const made = new DriverCall(`${this.system.title} (${subcommand})`, this.opened.driver(subcommand), all,
            this.logFor('driver'));
        made.ids = ids;
        return made;
    }

    pids(call) {
        return [...this.opened.servers(), call.process.pid];
    }

    // Steps, latency, starts.

    async loop(setting, until, seconds) {
        await this.openFor(setting);
        const call = this.call('loop', setting, { seconds, until });
        await call.event('begin');
        const before = processorSeconds(this.pids(call));
        const end = await call.event('end');
        const processor = processorSeconds(this.pids(call)) - before;
        await call.finish();
        if (end.runs === 0) return { perSecond: 0, p50: Infinity, processorPerRun: Infinity };
        return { perSecond: end.runs / end.seconds, p50: end.p50_ms, processorPerRun: processor / end.runs };
    }

    /// The best of what is tried; the same from then on.
    async choose(what, until, better) {
        const all = this.system.tried[what];
        if (this.chosen[what] || all.length === 1) return (this.chosen[what] ??= all[0]);
        let best;
        for (const setting of all) {
            const outcome = await this.loop(setting, until, this.amounts.trialSeconds);
            this.trials.push({ what, setting, per_s: outcome.perSecond, p50_ms: outcome.p50 });
            if (!best || better(outcome, best.outcome)) best = { setting, outcome };
        }
        return (this.chosen[what] = best.setting);
    }

    async measureLoops() {
        const seconds = this.amounts.loopSeconds;
        const faster = (a, b) => a.perSecond > b.perSecond;
        this.say('steps');
        const steps = await this.loop(await this.choose('steps', 'ended', faster), 'ended', seconds);
        this.stepsPerSecond = steps.perSecond * stepsOfRun;
        this.note('steps_per_s', this.stepsPerSecond);
        this.note('processor_us', (steps.processorPerRun / stepsOfRun) * 1e6);
        this.say('latency');
        const alone = await this.choose('latency', 'ended', (a, b) => a.p50 < b.p50);
        this.note('latency_ms', (await this.loop(alone, 'ended', seconds)).p50);
        this.say('starts');
        const starting = await this.choose('starts', 'acknowledged', faster);
        this.note('starts_per_s', (await this.loop(starting, 'acknowledged', seconds)).perSecond);
    }

    // Sleeping runs.

    /// The least of what is read until it has not fallen for a while.
    async settledBytes(call) {
        let least = Infinity;
        let fallen = Date.now();
        for (const begin = Date.now(); Date.now() - begin < settleSecondsMax * 1_000;) {
            for (const pid of this.opened.collecting(call.process.pid)) process.kill(pid, 'SIGUSR2');
            await delay(500);
            const bytes = anonymousBytes(this.pids(call));
            if (bytes < least * 0.99) fallen = Date.now();
            least = Math.min(least, bytes);
            if (Date.now() - fallen > settleSeconds * 1_000) break;
        }
        return least;
    }

    async measureMemory() {
        this.say('memory');
        const setting = this.chosen.steps;
        await this.openFresh(setting);
        const runs = this.amounts.sleeping;
        const call = this.call('sleep', setting, { runs, warm: runs, nap: hour });
        await call.event('ready');
        const without = await this.settledBytes(call);
        call.go();
        await call.event('asleep');
        this.note('sleeping_bytes', ((await this.settledBytes(call)) - without) / runs);
        await call.process.kill();
    }

    // Recovery.

    /// All must be asleep before the first wakes: three times as long as their steps took in the loop, and a little more.
    napSeconds() {
        return Math.ceil(5 + (3 * this.amounts.cut * (stepsBeforeNap + 1)) / this.stepsPerSecond);
    }

    async measureRecovery() {
        this.say('recovery');
        const setting = this.chosen.steps;
        await this.openFresh(setting);
        const [runs, nap] = [this.amounts.cut, this.napSeconds()];
        const sleeping = this.call('sleep', setting, { runs, warm: 0, nap });
        await sleeping.event('ready');
        const begin = Date.now();
        sleeping.go();
        await sleeping.event('asleep');
        if (Date.now() - begin > nap * 1_000) throw sleeping.process.failure('runs woke before all were asleep');
        await Promise.all([sleeping.process.kill(), this.opened.crash()]);

        await delay((nap + 1) * 1_000); // now all are due
        const restarted = performance.now();
        await this.opened.restart();
        const recovering = this.call('recover', setting, { runs, nap }, sleeping.ids);
        await recovering.event('finished');
        this.note('recovery_s', (performance.now() - restarted) / 1_000);
        await recovering.finish();
    }
}

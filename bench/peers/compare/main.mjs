// Runs everstep and its peers in turns, and prints one table. bench/peers/run calls it; README.md says what is measured.

import { chmodSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';

import { describeMachine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { stopAll } from './processes.mjs';
import { makeReport, printReport } from './report.mjs';
import { Session } from './session.mjs';

const badUsage = 2;

function options() {
    try {
        return readOptions(process.argv.slice(2));
    } catch (error) {
        console.error(`bench/peers: ${error.message}`);
        process.exit(badUsage);
    }
}

let interrupted;

/// Whoever is stopped in the third round keeps two.
async function measureAll(sessions, given, place, keep) {
    for (let round = 1; round <= given.amounts.rounds; ++round) {
        for (const session of sessions.filter(({ failure }) => !failure))
            try {
                session.versions ??= session.system.versions(place);
                await session.measure(round);
            } catch (error) {
                if (interrupted !== undefined) return;
                session.failure = error;
                session.versions ??= [];
                console.error(`bench/peers: ${error.message}`);
            }
        keep();
    }
}

const given = options();
mkdirSync(given.directory, { recursive: true });
rmSync(given.logs, { recursive: true, force: true });
mkdirSync(given.logs, { recursive: true });
// Opened before anything is measured, so that a wrong name costs no minutes.
const json = given.json && openSync(given.json, 'w');
const scratch = mkdtempSync(`${given.directory}/everstep_peers_`);
chmodSync(scratch, 0o711); // PostgreSQL runs as another user where this runs as root

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]])
    process.once(signal, () => {
        interrupted ??= code;
        stopAll(); // whoever waits for one of these processes fails, nothing new begins, and the end is reached below
    });

let sessions = [];
try {
    const machine = describeMachine(scratch);
    const place = { scratch, logs: given.logs, programs: given.programs, packages: given.packages, node: process.execPath,
        nodeVersion: process.versions.node };
    sessions = given.systems.map((system) => {
        const made = new Session(system, place, given.amounts,
            (what) => console.error(`round ${made.round} of ${given.amounts.rounds}: ${system.title}, ${what}`));
        return made;
    });
    const reportNow = () => makeReport(sessions, given.amounts, machine);
    await measureAll(sessions, given, place, () => {
        if (!json) return;
        ftruncateSync(json);
        writeSync(json, `${JSON.stringify(reportNow(), null, 1)}\n`, 0);
    });
    printReport(reportNow());
} finally {
    await stopAll();
    rmSync(scratch, { recursive: true, force: true });
}
process.exit(interrupted ?? (sessions.some(({ failure }) => failure) ? 1 : 0));

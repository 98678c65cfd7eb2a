// What processes take: processor time and anonymous memory, from /proc.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { statOf, withDescendants } from './processes.mjs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']));

/// User and kernel time of the processes, of all that descend from them, and of those among these that are gone already.
export function processorSeconds(roots) {
    let ticks = 0;
    for (const pid of withDescendants(roots)) {
        const stat = statOf(pid);
        if (stat) ticks += [11, 12, 13, 14].reduce((sum, i) => sum + Number(stat[i]), 0);
    }
    return ticks / ticksPerSecond;
}

/// Resident anonymous memory of the processes and their descendants. Files that are mapped and shared memory are not in it.
export function anonymousBytes(roots) {
    let kilobytes = 0;
    for (const pid of withDescendants(roots)) {
        try {
            kilobytes += Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
        } catch (error) {
            if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
        }
    }
    return kilobytes * 1024;
}

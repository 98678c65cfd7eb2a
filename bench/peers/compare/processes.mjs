// Every process that the comparison starts: each in a session of its own, with a log file, known until it is gone, and ended with
// everything that it started itself, however the comparison ends.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

/// The fields of /proc/PID/stat from the third on (the second may hold blanks), or nothing where the process is gone.
export function statOf(pid) {
    try {
        const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
        return text.slice(text.lastIndexOf(')') + 2).split(' ');
    } catch {
        return undefined;
    }
}

/// The processes and all that descend from them.
export function withDescendants(roots) {
    const parents = new Map();
    for (const name of readdirSync('/proc')) {
        if (!/^\d+$/.test(name)) continue;
        const stat = statOf(name);
        if (stat) parents.set(Number(name), Number(stat[1]));
    }
    const found = new Set(roots);
    for (let before = -1; before !== found.size;) {
        before = found.size;
        for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
    }
    return [...found];
}

const alive = new Set();
let over = false;
let announceOver;
const itIsOver = new Promise((resolve) => {
    announceOver = resolve;
});

/// Throws when it is over meanwhile.
export async function delay(ms) {
    let timer;
    await Promise.race([itIsOver, new Promise((resolve) => {
        timer = setTimeout(resolve, ms);
    })]);
    clearTimeout(timer);
    if (over) throw new Error('interrupted');
}

export class Process {
    /// `options`: log (a file, appended to), env, user (root only), deathSignal (what it gets when this process dies), piped (its
    /// standard input and output are ours).
    constructor(name, command, words, options) {
        if (over) throw new Error('it is over: nothing is started any more');
        this.name = name;
        this.log = options.log;
        const log = openSync(options.log, 'a');
        const bound = ['--pdeathsig', options.deathSignal ?? 'KILL'];
        const identity = options.user ? ['--reuid', options.user, '--regid', options.user, '--init-groups'] : [];
        this.child = spawn('setpriv', [...identity, ...bound, '--', command, ...words], {
            detached: true,
            cwd: options.directory,
            env: { ...process.env, ...options.env },
            stdio: options.piped ? ['pipe', 'pipe', log] : ['ignore', log, log],
        });
        closeSync(log);
        this.deathSignal = options.deathSignal ?? 'KILL';
        this.ended = new Promise((resolve) => {
            this.child.once('exit', (code, signal) => {
                alive.delete(this);
                this.outcome = signal ?? code;
                resolve(this.outcome);
            });
            this.child.once('error', (error) => {
                alive.delete(this);
                this.outcome = error.message;
                resolve(this.outcome);
            });
        });
        alive.add(this);
    }

    get pid() {
        return this.child.pid;
    }

    failure(what) {
        return new Error(`${this.name}: ${what}; its log is ${this.log}`);
    }

    /// As the comparison's own kill -9: nobody in it has time for a word.
    async kill() {
        if (this.outcome !== undefined) return;
        for (const pid of withDescendants([this.pid])) signal(pid, 'SIGKILL');
        await this.ended;
    }

    /// The quick way that leaves nothing behind in the system.
    async stop() {
        if (this.outcome !== undefined) return;
        signal(this.pid, `SIG${this.deathSignal}`);
        const late = setTimeout(() => this.kill(), 5_000);
        await this.ended;
        clearTimeout(late);
    }
}

function signal(pid, name) {
    try {
        process.kill(pid, name);
    } catch (error) {
        if (error.code !== 'ESRCH') throw error;
    }
}

/// Nothing can be started afterwards.
export async function stopAll() {
    over = true;
    announceOver();
    await Promise.all([...alive].map((one) => one.stop()));
}

/// Runs a command to its end. Throws with the log's name where it fails.
export async function run(name, command, words, options) {
    const made = new Process(name, command, words, options);
    const outcome = await made.ended;
    if (outcome !== 0) throw made.failure(`ended with ${outcome}`);
}

/// Asks until it is there: `there` returns true, or throws or returns false while it is not.
export async function untilThere(what, made, there, seconds = 60) {
    for (const begin = Date.now(); Date.now() - begin < seconds * 1000; await delay(20)) {
        if (made.outcome !== undefined) throw made.failure(`ended with ${made.outcome} before ${what}`);
        try {
            if (await there()) return;
        } catch {
            // Not yet: asked again.
        }
    }
    throw made.failure(`no ${what} within ${seconds} s`);
}

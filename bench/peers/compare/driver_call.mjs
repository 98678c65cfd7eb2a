// One subcommand of a driver: its process, and the events that it tells.

import { createInterface } from 'node:readline';

import { Process } from './processes.mjs';

export class DriverCall {
    constructor(name, [command, ...words], given, log) {
        const options = Object.entries(given).flatMap(([key, value]) => [`--${key}`, String(value)]);
        this.process = new Process(name, command, [...words, ...options], { log, piped: true });
        this.events = [];
        this.waiting = undefined;
        createInterface({ input: this.process.child.stdout }).on('line', (line) => {
            this.events.push(JSON.parse(line));
            this.waiting?.();
        });
        // Where the driver is gone, the write fails, and event() tells what became of it.
        this.process.child.stdin.on('error', () => {});
        this.process.ended.then(() => setImmediate(() => this.waiting?.()));
    }

    /// Waits for the next event, which must be this one.
    async event(name) {
        while (this.events.length === 0) {
            if (this.process.outcome !== undefined && this.process.child.stdout.readableEnded)
                throw this.process.failure(`ended with ${this.process.outcome} before "${name}"`);
            await new Promise((resolve) => {
                this.waiting = resolve;
                setTimeout(resolve, 100);
            });
        }
        const next = this.events.shift();
        if (next.event !== name) throw this.process.failure(`told "${next.event}" instead of "${name}"`);
        return next;
    }

    go() {
        this.process.child.stdin.write('go\n');
    }

    /// Lets it end by itself.
    async finish() {
        this.process.child.stdin.end();
        const outcome = await this.process.ended;
        if (outcome !== 0) throw this.process.failure(`ended with ${outcome}`);
    }
}

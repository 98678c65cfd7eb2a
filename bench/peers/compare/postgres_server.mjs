// PostgreSQL as a cluster of its own, with its defaults: fsync and synchronous_commit are on, and said so.

import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

import { freePort } from './ports.mjs';
import { Process, run, untilThere } from './processes.mjs';

const isRoot = process.getuid() === 0;
/// The server refuses to run as root.
const user = isRoot ? 'postgres' : undefined;

function programs() {
    const root = '/usr/lib/postgresql';
    const versions = existsSync(root) ? readdirSync(root).map(Number).sort((a, b) => b - a) : [];
    if (versions.length === 0) throw new Error('PostgreSQL is not installed: see README.md');
    return `${root}/${versions[0]}/bin`;
}

export function postgresVersion() {
    return execFileSync(`${programs()}/postgres`, ['--version']).toString().trim().replace('postgres (PostgreSQL)', 'PostgreSQL');
}

export class PostgresServer {
    static async create(directory, log) {
        const made = new PostgresServer();
        made.directory = `${directory}/postgres`;
        made.log = log;
        made.port = await freePort();
        mkdirSync(made.directory, { mode: 0o700 });
        if (isRoot) {
            const id = (flag) => Number(execFileSync('id', [flag, user]));
            chownSync(made.directory, id('-u'), id('-g'));
        }
        await run('initdb', `${programs()}/initdb`,
            ['--pgdata', made.directory, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'],
            { log, user, directory: '/' });
        await made.start();
        return made;
    }

    async start() {
        const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=on', 'synchronous_commit=on'];
        this.server = new Process('postgres', `${programs()}/postgres`,
            ['-D', this.directory, '-p', this.port, ...settings.flatMap((one) => ['-c', one])],
            { log: this.log, user, deathSignal: 'QUIT', directory: '/' });
        await untilThere('an answer', this.server, async () => {
            const asked = new Process('pg_isready', `${programs()}/pg_isready`, ['-q', '-h', '127.0.0.1', '-p', this.port, '-U', 'postgres'],
                { log: this.log });
            return (await asked.ended) === 0;
        });
    }

    get connection() {
        return `host=127.0.0.1 port=${this.port} user=postgres dbname=postgres`;
    }

    url(database) {
        return `postgresql://postgres@127.0.0.1:${this.port}/${database}`;
    }
}

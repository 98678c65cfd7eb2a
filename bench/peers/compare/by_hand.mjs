// The databases without a workflow engine: one commit a step.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

import { PostgresServer, postgresVersion } from './postgres_server.mjs';

function tried(inFlight) {
    const settings = inFlight.map((count) => ({ inFlight: count }));
    return { steps: settings, latency: [{ inFlight: 1 }], starts: settings };
}

function versionOf(place, program) {
    return JSON.parse(execFileSync(`${place.programs}/${program}`, ['version']).toString()).version;
}

export const sqlite = {
    name: 'sqlite',
    title: 'SQLite by hand',
    // There is one writer at a time: a second connection would only wait for the first.
    tried: tried([1]),
    sleeps: false,
    versions: (place) => [`${versionOf(place, 'sqlite_peer')} (WAL, synchronous=FULL)`],
    open: async (place) => {
        const where = `${place.directory}/sqlite`;
        mkdirSync(where);
        return {
            driver: (subcommand) => [`${place.programs}/sqlite_peer`, subcommand],
            given: () => ({ where }),
            servers: () => [],
            collecting: () => [],
            crash: async () => {},
            restart: async () => {},
            stop: async () => {},
        };
    },
};

export const plainPostgres = {
    name: 'postgres',
    title: 'plain PostgreSQL',
    // One connection each; the server takes a hundred by default, and keeps a few of them for itself.
    tried: tried([4, 16, 64, 90]),
    sleeps: false,
    versions: (place) => [
        `${postgresVersion()} (fsync=on, synchronous_commit=on, else its defaults)`, versionOf(place, 'postgres_peer'),
    ],
    open: async (place) => {
        const server = await PostgresServer.create(place.directory, place.log('postgres'));
        return {
            driver: (subcommand) => [`${place.programs}/postgres_peer`, subcommand],
            given: () => ({ where: server.connection }),
            servers: () => [server.server.pid],
            collecting: () => [],
            crash: () => server.server.kill(),
            restart: () => server.start(),
            stop: () => server.server.stop(),
        };
    },
};

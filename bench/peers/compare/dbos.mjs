import { readFileSync } from 'node:fs';

import { PostgresServer, postgresVersion } from './postgres_server.mjs';

// The pool of ten connections is its default; forty is tried, too.
const steps = [{ inFlight: 4 }, { inFlight: 16 }, { inFlight: 64 }, { inFlight: 64, pool: 40 }, { inFlight: 256 },
    { inFlight: 256, pool: 40 }];

export const dbos = {
    name: 'dbos',
    title: 'DBOS',
    tried: { steps, latency: [{ inFlight: 1 }], starts: steps },
    sleeps: true,
    versions: (place) => {
        const version = (name) => JSON.parse(readFileSync(`${place.packages}/dbos/node_modules/${name}/package.json`)).version;
        return [`DBOS ${version('@dbos-inc/dbos-sdk')}, pg ${version('pg')}, node ${place.nodeVersion}`,
            `${postgresVersion()} (fsync=on, synchronous_commit=on, else its defaults)`];
    },
    open: async (place) => {
        const server = await PostgresServer.create(place.directory, place.log('postgres'));
        return {
            driver: (subcommand) => [place.node, '--expose-gc', `${place.packages}/dbos/driver.mjs`, subcommand],
            given: (setting) => ({ where: server.url('dbos_peer'), ...(setting.pool ? { pool: setting.pool } : {}) }),
            servers: () => [server.server.pid],
            collecting: (driver) => [driver],
            crash: () => server.server.kill(),
            restart: () => server.start(),
            stop: () => server.server.stop(),
        };
    },
};

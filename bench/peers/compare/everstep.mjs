import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

const inFlight = [100, 1_000, 10_000];
const places = ['shard', 'pool'];

export const everstep = {
    name: 'everstep',
    title: 'everstep',
    tried: {
        steps: places.flatMap((place) => inFlight.map((count) => ({ inFlight: count, place }))),
        latency: places.map((place) => ({ inFlight: 1, place })),
        starts: inFlight.map((count) => ({ inFlight: count })),
    },
    sleeps: true,
    versions: (place) => [
        JSON.parse(execFileSync(`${place.programs}/everstep_peer`, ['version']).toString()).version + ' (default options)',
    ],
    open: async (place) => {
        const directory = `${place.directory}/journal`;
        mkdirSync(directory);
        return {
            driver: (subcommand) => [`${place.programs}/everstep_peer`, subcommand],
            given: (setting) => ({ directory, ...(setting.place ? { place: setting.place } : {}) }),
            servers: () => [],
            collecting: () => [],
            crash: async () => {},
            restart: async () => {},
            stop: async () => {},
        };
    },
};

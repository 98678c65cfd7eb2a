import { mkdirSync, readdirSync, readFileSync } from 'node:fs';

import { freePort } from './ports.mjs';
import { Process, untilThere } from './processes.mjs';

const inFlight = [16, 64, 256, 1_000];
// As it comes it has 24 partitions; four are tried, too.
const partitions = [{}, { partitions: 4 }];
const times = (counts) => partitions.flatMap((some) => counts.map((count) => ({ ...some, inFlight: count })));

function serverProgram(packages) {
    const scope = `${packages}/restate/node_modules/@restatedev`;
    const [folder] = readdirSync(scope).filter((name) => name.startsWith('restate-server-'));
    if (!folder) throw new Error(`there is no Restate server for this machine in ${scope}`);
    return `${scope}/${folder}/bin/restate-server`;
}

/// The server with its settings as they come, but for its ports, and the worker with the services.
class Restate {
    constructor(place, setting) {
        this.place = place;
        this.setting = setting;
        this.directory = `${place.directory}/restate`;
        mkdirSync(this.directory);
    }

    async choosePorts() {
        this.ports = [];
        while (this.ports.length < 4) {
            const port = await freePort();
            if (!this.ports.includes(port)) this.ports.push(port);
        }
        const [ingress, admin, node] = this.ports.map((port) => `127.0.0.1:${port}`);
        this.ingress = `http://${ingress}`;
        this.admin = `http://${admin}`;
        this.environment = {
            RESTATE_INGRESS__BIND_ADDRESS: ingress,
            RESTATE_ADMIN__BIND_ADDRESS: admin,
            RESTATE_BIND_ADDRESS: node,
            RESTATE_ADVERTISED_ADDRESS: `http://${node}`,
            RESTATE_LISTEN_MODE: 'tcp',
            RESTATE_DISABLE_TELEMETRY: 'true',
            RESTATE_LOG_DISABLE_ANSI_CODES: 'true',
            ...(this.setting.partitions ? { RESTATE_DEFAULT_NUM_PARTITIONS: String(this.setting.partitions) } : {}),
        };
    }

    async start() {
        const { packages, node, log } = this.place;
        this.server = new Process('restate-server', serverProgram(packages),
            ['--base-dir', this.directory, '--node-name', 'peer', '--no-logo'],
            { log: log('restate-server'), env: this.environment });
        this.worker = new Process('restate worker', node, ['--expose-gc', `${packages}/restate/worker.mjs`, this.ports[3]],
            { log: log('restate-worker') });
        await untilThere('health', this.server, async () => (await fetch(`${this.admin}/health`)).ok);
        await untilThere('health of the ingress', this.server, async () => (await fetch(`${this.ingress}/restate/health`)).ok);
    }

    /// The server keeps it: once is enough.
    async register() {
        await untilThere('registration', this.server, async () => (await fetch(`${this.admin}/deployments`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ uri: `http://127.0.0.1:${this.ports[3]}` }),
        })).ok);
    }

    driver(subcommand) {
        return [this.place.node, '--expose-gc', `${this.place.packages}/restate/client.mjs`, subcommand];
    }

    given() {
        return { where: this.ingress, admin: this.admin };
    }

    servers() {
        return [this.server.pid, this.worker.pid];
    }

    collecting(driver) {
        return [this.worker.pid, driver];
    }

    async crash() {
        await Promise.all([this.server.kill(), this.worker.kill()]);
    }

    async restart() {
        await this.start();
    }

    async stop() {
        await Promise.all([this.server.stop(), this.worker.stop()]);
    }
}

export const restate = {
    name: 'restate',
    title: 'Restate',
    tried: { steps: times(inFlight), latency: times([1]), starts: times(inFlight) },
    sleeps: true,
    versions: (place) => {
        const version = (name) =>
            JSON.parse(readFileSync(`${place.packages}/restate/node_modules/@restatedev/${name}/package.json`)).version;
        return [`Restate ${version('restate-server')}, SDK ${version('restate-sdk')}, node ${place.nodeVersion}`];
    },
    open: async (place, setting) => {
        const made = new Restate(place, setting);
        await made.choosePorts();
        await made.start();
        await made.register();
        return made;
    },
};

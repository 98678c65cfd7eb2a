// Restate's driver: the caller's side, over the server's ingress. The run id is the idempotency key.
//     client.mjs loop|sleep|recover --where INGRESS --admin ADMIN ...

import * as clients from '@restatedev/restate-sdk-clients';

import { delay, drive } from '../driver/driver.mjs';
import { order } from '../driver/work.mjs';
import { quickFetch } from './quick_fetch.mjs';

const patienceMs = 60_000;

/// How many sleeping runs the server has in a state, from its own tables.
async function countOf(admin, status) {
    const query = `SELECT count(*) AS found FROM sys_invocation WHERE target_service_name = 'nap' AND status = '${status}'`;
    const response = await fetch(`${admin}/query`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ query }),
    });
    if (!response.ok) throw new Error(`query: ${response.status} ${await response.text()}`);
    return Number((await response.json()).rows[0].found);
}

/// Until so many are in the state. A server that has just begun cannot always tell: it is asked again, up to a minute.
async function untilCount(admin, status, runs) {
    let answered = Date.now();
    for (;;) {
        try {
            if ((await countOf(admin, status)) >= runs) return;
            answered = Date.now();
        } catch (error) {
            if (Date.now() - answered > patienceMs) throw error;
        }
        await delay(100);
    }
}

async function open(given) {
    const ingress = clients.connect({ url: given.where, fetch: quickFetch });
    const checkout = ingress.serviceClient({ name: 'checkout' });
    const reception = ingress.serviceSendClient({ name: 'reception' });
    const nap = ingress.serviceSendClient({ name: 'nap' });
    return {
        runToEnd: (id) => checkout.run(order, clients.rpc.opts({ idempotencyKey: id })),
        startOnly: (id) => reception.run(order, clients.rpc.sendOpts({ idempotencyKey: id })),
        startNap: (id, seconds) => nap.run({ order, nap: seconds }, clients.rpc.sendOpts({ idempotencyKey: id })),
        untilAsleep: (runs) => untilCount(given.admin, 'suspended', runs),
        untilFinished: (runs) => untilCount(given.admin, 'completed', runs),
        close: async () => {},
    };
}

await drive(open);

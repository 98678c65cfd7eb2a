// DBOS's driver: the workflows run in this process, over PostgreSQL.
//     driver.mjs loop|sleep|recover --where URL [--pool CONNECTIONS] ...

import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';

import { delay, drive } from '../driver/driver.mjs';
import { order, serve, stepNames, stepsBeforeNap } from '../driver/work.mjs';

const step = async () => serve();

const checkout = DBOS.registerWorkflow(async (given) => {
    let receipt;
    for (const name of stepNames) receipt = await DBOS.runStep(step, { name });
    return receipt;
}, { name: 'checkout' });

const reception = DBOS.registerWorkflow(async (given) => serve(), { name: 'reception' });

const nap = DBOS.registerWorkflow(async (given, seconds) => {
    let receipt;
    for (const [i, name] of stepNames.entries()) {
        if (i === stepsBeforeNap) await DBOS.sleepSeconds(seconds);
        receipt = await DBOS.runStep(step, { name });
    }
    return receipt;
}, { name: 'nap' });

async function open(given) {
    const settings = given.pool ? { systemDatabasePoolSize: Number(given.pool) } : {};
    DBOS.setConfig({ name: 'everstep-peers', systemDatabaseUrl: given.where, logLevel: 'error', ...settings });
    await DBOS.launch();
    const looker = new pg.Client({ connectionString: given.where });
    await looker.connect();
    const count = async (query) => Number((await looker.query(query)).rows[0].found);
    return {
        runToEnd: async (id) => (await DBOS.startWorkflow(checkout, { workflowID: id })(order)).getResult(),
        startOnly: (id) => DBOS.startWorkflow(reception, { workflowID: id })(order),
        startNap: (id, seconds) => DBOS.startWorkflow(nap, { workflowID: id })(order, seconds),
        untilAsleep: async (runs) => {
            const asleep = "SELECT count(*) AS found FROM dbos.operation_outputs WHERE function_name = 'DBOS.sleep'";
            while ((await count(asleep)) < runs) await delay(100);
        },
        untilFinished: async (runs) => {
            const finished = "SELECT count(*) AS found FROM dbos.workflow_status WHERE name = 'nap' AND status = 'SUCCESS'";
            while ((await count(finished)) < runs) await delay(100);
        },
        close: async () => {
            await looker.end();
            await DBOS.shutdown();
        },
    };
}

await drive(open);

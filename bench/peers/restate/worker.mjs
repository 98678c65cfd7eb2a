// The services: worker.mjs <port>.

import * as restate from '@restatedev/restate-sdk';

import { collectGarbageWhenAsked } from '../driver/driver.mjs';
import { serve, stepNames, stepsBeforeNap } from '../driver/work.mjs';

const checkout = restate.service({
    name: 'checkout',
    handlers: {
        run: async (ctx, order) => {
            let receipt;
            for (const name of stepNames) receipt = await ctx.run(name, serve);
            return receipt;
        },
    },
});

const reception = restate.service({ name: 'reception', handlers: { run: async (ctx, order) => serve() } });

// With the usual minute a sleeping run holds one of the server's thousand places for that long; this lets go at once.
const nap = restate.service({
    name: 'nap',
    handlers: {
        run: async (ctx, { order, nap }) => {
            let receipt;
            for (const [i, name] of stepNames.entries()) {
                if (i === stepsBeforeNap) await ctx.sleep(nap * 1000);
                receipt = await ctx.run(name, serve);
            }
            return receipt;
        },
    },
    options: { inactivityTimeout: 0 },
});

collectGarbageWhenAsked();
await restate.serve({ services: [checkout, reception, nap], port: Number(process.argv[2]), logger: () => {} });

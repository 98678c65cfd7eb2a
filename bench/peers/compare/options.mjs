import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { quick, usual } from './amounts.mjs';
import { systems } from './systems.mjs';

/// The command line, as bench/peers/run describes it. Throws where it cannot be used.
export function readOptions(words) {
    const text = { type: 'string' };
    const { values } = parseArgs({
        args: words,
        options: { quick: { type: 'boolean' }, rounds: text, only: text, json: text, directory: text, programs: text, packages: text,
            logs: text },
    });
    const amounts = { ...(values.quick ? quick : usual) };
    if (values.rounds !== undefined) amounts.rounds = Number(values.rounds);
    if (!Number.isInteger(amounts.rounds) || amounts.rounds < 1) throw new Error('--rounds takes a number from 1 on');

    const names = values.only?.split(',') ?? systems.map((one) => one.name);
    const unknown = names.filter((name) => !systems.some((one) => one.name === name));
    if (unknown.length)
        throw new Error(`there is no ${unknown.join(', ')}; there are ${systems.map((one) => one.name).join(', ')}`);
    return { ...values, directory: resolve(values.directory), amounts, systems: systems.filter((one) => names.includes(one.name)) };
}

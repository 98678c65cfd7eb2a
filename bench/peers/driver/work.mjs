// The work, the same bytes as in bench/support/order.hpp: orders of 200 bytes of JSON, receipts of 100, ids of 32 characters.

import { createHash } from 'node:crypto';

export const stepNames = ['charge', 'reserve', 'pick', 'ship', 'notify'];
export const stepsOfRun = stepNames.length;
/// How many are done when a run goes to sleep.
export const stepsBeforeNap = 2;

function padded(value, member, bytes) {
    const missing = bytes - JSON.stringify(value).length;
    if (missing < 0) throw new Error("the workload's values are longer than they should be");
    return { ...value, [member]: value[member] + 'x'.repeat(missing) };
}

export const order = padded({ customer: 'customer-20481', sku: 'SKU-77-1204', quantity: 2, cents: 125990, slot: 1000000,
    address: '12 Harbour Lane, Rotterdam ' }, 'address', 200);

const receipt = padded({ payment: 'pay-5f2d9c1e88', cents: 125990, note: 'approved ' }, 'note', 100);

/// The body of a step: it returns at once.
export function serve() {
    return receipt;
}

/// Looks random, and differs for different numbers.
export function runId(number) {
    return createHash('md5').update(String(number)).digest('hex');
}

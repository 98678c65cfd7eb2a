// What is printed in the end, and the same as JSON.

import { columns, judge, mediansOf, ratiosOf } from './figures.mjs';

const absent = '–';

function settingText({ inFlight, ...others }) {
    return [`${inFlight.toLocaleString('en-GB')} in flight`, ...Object.entries(others).map(([name, value]) => `${name} ${value}`)]
        .join(', ');
}

function ratioText(ratio) {
    return ratio >= 10 ? `${Math.round(ratio)}x` : `${ratio.toPrecision(2)}x`;
}

/// First column to the left, all others to the right.
function aligned(lines) {
    const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => [...line[i]].length)));
    return lines.map((line) => line
        .map((cell, i) => (i ? cell.padStart(widths[i] + 3) : cell.padEnd(widths[i]))).join('').trimEnd());
}

export function makeReport(sessions, amounts, machine) {
    const rows = sessions.map(({ system, chosen, figures, trials, failure, versions }) => ({
        name: system.name, title: system.title, versions: versions ?? [], chosen, medians: mediansOf(figures), rounds: figures, trials,
        failure: failure?.message,
    }));
    const ours = rows.find((row) => row.name === 'everstep');
    const ratios = ours ? Object.fromEntries(rows.filter((row) => row !== ours)
        .map((row) => [row.name, ratiosOf(ours.medians, row.medians)])) : {};
    return { machine, amounts, rows, ratios, expectations: judge(ratios) };
}

function tableOf({ rows, ratios }) {
    const lines = [0, 1].map((i) => ['', ...columns.map((column) => column.head[i])]);
    for (const row of rows)
        lines.push([row.title, ...columns.map(({ figure, text }) => (figure in row.medians ? text(row.medians[figure]) : absent))]);
    if (Object.keys(ratios).length) lines.push(['everstep :', ...columns.map(() => '')]);
    for (const row of rows.filter(({ name }) => name in ratios))
        lines.push([`  ${row.title}`, ...columns.map(({ figure }) =>
            (figure in ratios[row.name] ? ratioText(ratios[row.name][figure]) : absent))]);
    return aligned(lines);
}

export function printReport(report) {
    const { rows, amounts, machine, expectations } = report;
    const lines = [...tableOf(report), ''];
    lines.push(`recovery of ${amounts.cut.toLocaleString('en-GB')} runs; memory of ${amounts.sleeping.toLocaleString('en-GB')} `
        + `sleeping runs; medians of ${amounts.rounds} round${amounts.rounds > 1 ? 's' : ''}`, '');
    for (const row of rows) {
        lines.push(`${row.title}: ${row.versions.join('; ')}`);
        for (const what of ['steps', 'latency', 'starts'])
            if (row.chosen[what]) lines.push(`    ${what} with ${settingText(row.chosen[what])}`);
        if (row.failure) lines.push(`    FAILED: ${row.failure}`);
    }
    lines.push('', ...Object.entries(machine).map(([name, text]) => `${name.padEnd(12)}${text}`), '');
    for (const one of expectations)
        lines.push(`${one.met ? 'met    ' : 'not met'}  ${one.text}: ${one.ratio.toPrecision(3)} of it`);
    process.stdout.write(`${lines.join('\n')}\n`);
}

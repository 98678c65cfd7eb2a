// The figures: columns of the table, and what is expected of everstep beside its peers.

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const whole = (value) => Math.round(value).toLocaleString('en-GB');
const short = (value) => (value >= 100 ? whole(value) : value.toPrecision(3));

export const columns = [
    { figure: 'steps_per_s', head: ['steps', 'a second'], text: whole },
    { figure: 'latency_ms', head: ['run alone', 'p50 ms'], text: short },
    { figure: 'starts_per_s', head: ['starts', 'a second'], text: whole },
    { figure: 'recovery_s', head: ['recovery', 's'], text: short },
    { figure: 'sleeping_bytes', head: ['sleeping', 'bytes a run'], text: whole },
    { figure: 'processor_us', head: ['processor', 'us a step'], text: short },
];

/// Ours by the peer's is to be at least, or at most, so much.
export const expectations = [
    { peer: 'restate', figure: 'steps_per_s', atLeast: 80, text: "at least 80 times Restate's steps a second" },
    { peer: 'dbos', figure: 'steps_per_s', atLeast: 300, text: "at least 300 times DBOS's steps a second" },
    ...[['restate', "Restate's"], ['dbos', "DBOS's"]].flatMap(([peer, whose]) => [
        { peer, figure: 'latency_ms', atMost: 1 / 5, text: `at most a fifth of ${whose} latency of a run alone` },
        { peer, figure: 'processor_us', atMost: 1 / 50, text: `at most a fiftieth of ${whose} processor time a step` },
        { peer, figure: 'sleeping_bytes', atMost: 1 / 50, text: `at most a fiftieth of ${whose} memory a sleeping run` },
    ]),
];

/// What one round gave, in a line.
export function roundText(figures, round) {
    return columns.filter(({ figure }) => figures[figure]?.length >= round)
        .map(({ figure, head, text }) => `${head.join(' ')} ${text(figures[figure][round - 1])}`).join(', ');
}

/// Medians over the rounds, of the figures that were measured.
export function mediansOf(figures) {
    return Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, median(values)]));
}

/// everstep : peer, of the figures that both have.
export function ratiosOf(ours, peer) {
    return Object.fromEntries(columns.map(({ figure }) => figure)
        .filter((figure) => figure in ours && figure in peer)
        .map((figure) => [figure, ours[figure] / peer[figure]]));
}

export function judge(ratios) {
    return expectations.filter(({ peer, figure }) => figure in (ratios[peer] ?? {})).map((one) => {
        const ratio = ratios[one.peer][one.figure];
        return { ...one, ratio, met: one.atLeast ? ratio >= one.atLeast : ratio <= one.atMost };
    });
}

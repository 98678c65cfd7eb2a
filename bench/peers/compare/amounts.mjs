// How much is measured.

export const usual = { rounds: 3, trialSeconds: 2, loopSeconds: 5, sleeping: 10_000, cut: 5_000 };
export const quick = { rounds: 1, trialSeconds: 1, loopSeconds: 2, sleeping: 2_000, cut: 500 };
/// Steps of a run whose sleep is measured, or that is cut off.
export const stepsOfRun = 5;
export const stepsBeforeNap = 2;
/// Memory is read again and again until it has not fallen for so long: what is given back late is not counted.
export const settleSeconds = 5;
export const settleSecondsMax = 60;

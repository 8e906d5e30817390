import { createRandom, type Random } from "../random.ts";

/** An estimate with the ends of its two-sided 95% interval. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** The 97.5% quantile of the standard normal distribution. */
const z95 = 1.959963984540054;

/** Arithmetic mean; NaN for an empty list, so that "nothing was measured" never looks like 0. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/**
 * Wilson's score interval for a proportion (Wilson 1927), 95%. Unlike the normal approximation it stays inside
 * [0, 1] and has a width at 0 and at 1. `trials` 0 gives NaN and the interval [0, 1].
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  if (trials === 0) return { estimate: Number.NaN, low: 0, high: 1 };
  const proportion = successes / trials;
  const z2 = z95 * z95;
  const centre = (proportion + z2 / (2 * trials)) / (1 + z2 / trials);
  const half =
    (z95 / (1 + z2 / trials)) *
    Math.sqrt((proportion * (1 - proportion)) / trials + z2 / (4 * trials * trials));
  // At the ends the bound is exactly 0 or 1; rounding must not move it.
  return {
    estimate: proportion,
    low: successes === 0 ? 0 : centre - half,
    high: successes === trials ? 1 : centre + half,
  };
}

/**
 * The exact McNemar test (a sign test on the discordant pairs), two-sided: the probability, were the two equally
 * good, of a split of the tasks that only one of them won at least as uneven as this one. In (0, 1].
 */
export function signTest(onlyFirst: number, onlySecond: number): number {
  const pairs = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  // Sum of binomial(pairs, k) / 2^pairs for k up to `fewer`, in logarithms: 2^-pairs underflows above 1074 pairs.
  let logTerm = -pairs * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(pairs - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
}

export interface BootstrapOptions {
  readonly seed: number;
  /** How many resamples; 10,000 by default. */
  readonly resamples?: number;
  /**
   * Whether the runs measured the same tasks (see `bootstrapMean`). By default they did if their ids are equal.
   */
  readonly sharedTasks?: boolean;
}

/** Task id -> value, for one run (one seed). */
export type TaskValues = ReadonlyMap<string, number>;

/**
 * Percentile bootstrap interval (Efron 1979), 95%, of a mean over runs and tasks. The estimate is the mean of the runs' means.
 *
 * - One run: tasks are resampled.
 * - Several runs, each with tasks of its own: runs are resampled, and tasks within each drawn run.
 * - Several runs of the same tasks: runs and tasks are resampled independently, one draw of tasks for all runs
 *   (Owen 2007, "The pigeonhole bootstrap"), because a task that is hard in one run is hard in the others. Drawing
 *   tasks within runs would count each task as many times as there are runs.
 *
 * The last two are conservative: noise within a cell is counted at each level. With fewer than about 5 runs the
 * spread between runs is poorly known whatever the method; the number of runs belongs beside the interval.
 *
 * Throws a RangeError if there is no run or a run has no task.
 */
export function bootstrapMean(runs: readonly TaskValues[], options: BootstrapOptions): Interval {
  if (runs.length === 0) throw new RangeError("a bootstrap needs at least one run");
  if (runs.some((run) => run.size === 0))
    throw new RangeError("a bootstrap needs at least one task in every run");
  const shared = options.sharedTasks ?? haveSameTasks(runs);
  const values = shared ? alignTasks(runs) : runs.map((run) => Float64Array.from(run.values()));
  const estimate = mean(values.map((run) => mean([...run])));
  const random = createRandom(options.seed);
  const draw = shared ? drawShared : drawNested;
  const resampled = Float64Array.from({ length: options.resamples ?? 10_000 }, () =>
    draw(values, random),
  ).sort();
  return { estimate, low: quantile(resampled, 0.025), high: quantile(resampled, 0.975) };
}

/**
 * As `bootstrapMean`, of the difference `first - second` paired by task within each run. Tasks that only one of the two
 * measured are left out. `first[i]` and `second[i]` are the same run (seed).
 *
 * Throws a RangeError if the numbers of runs differ or a run has no common task.
 */
export function pairedBootstrap(
  first: readonly TaskValues[],
  second: readonly TaskValues[],
  options: BootstrapOptions,
): Interval {
  if (first.length !== second.length) {
    throw new RangeError(
      `runs cannot be paired: ${first.length} of the first, ${second.length} of the second`,
    );
  }
  const differences = first.map((values, index) => pairDifferences(values, second[index] ?? new Map()));
  return bootstrapMean(differences, options);
}

function pairDifferences(first: TaskValues, second: TaskValues): TaskValues {
  const differences = new Map<string, number>();
  for (const [task, value] of first) {
    const other = second.get(task);
    if (other !== undefined) differences.set(task, value - other);
  }
  return differences;
}

function haveSameTasks(runs: readonly TaskValues[]): boolean {
  const [first, ...others] = runs;
  if (first === undefined) return true;
  return others.every((run) => run.size === first.size && [...run.keys()].every((task) => first.has(task)));
}

/** Row per run, column per task, columns in the order of the first run. Keeps the tasks that every run has. */
function alignTasks(runs: readonly TaskValues[]): Float64Array[] {
  const common = [...(runs[0]?.keys() ?? [])].filter((task) => runs.every((run) => run.has(task)));
  if (common.length === 0) throw new RangeError("the runs have no task in common, so tasks cannot be shared");
  return runs.map((run) => Float64Array.from(common, (task) => run.get(task) ?? Number.NaN));
}

function drawNested(runs: readonly Float64Array[], random: Random): number {
  let sumOfMeans = 0;
  for (let i = 0; i < runs.length; i++) {
    const run = random.pick(runs);
    let sum = 0;
    for (let j = 0; j < run.length; j++) sum += run[random.integer(run.length)] ?? 0;
    sumOfMeans += sum / run.length;
  }
  return sumOfMeans / runs.length;
}

function drawShared(runs: readonly Float64Array[], random: Random): number {
  const drawnRuns = runs.map(() => random.pick(runs));
  const tasks = runs[0]?.length ?? 0;
  let sum = 0;
  for (let j = 0; j < tasks; j++) {
    const task = random.integer(tasks);
    for (const run of drawnRuns) sum += run[task] ?? 0;
  }
  return sum / (tasks * runs.length);
}

/** Linear interpolation between order statistics (Hyndman and Fan's type 7). `sorted` is ascending and not empty. */
function quantile(sorted: Float64Array, probability: number): number {
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (high - low) * (position - below);
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { bootstrapMean, mean, pairedBootstrap, signTest, wilsonInterval } from "./statistics.ts";

const run = (values: readonly number[], prefix = "task") =>
  new Map(values.map((value, index) => [`${prefix}${index}`, value]));

describe("wilsonInterval", () => {
  it("gives the published value for 81 of 263 (Newcombe 1998, table I, method 3)", () => {
    const { low, high } = wilsonInterval(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });

  it("gives the published values for 0 of 20 and 1 of 29 (Newcombe 1998)", () => {
    expect(wilsonInterval(0, 20)).toMatchObject({ estimate: 0, low: 0 });
    expect(wilsonInterval(0, 20).high).toBeCloseTo(0.1611, 4);
    expect(wilsonInterval(1, 29).low).toBeCloseTo(0.0061, 4);
    expect(wilsonInterval(1, 29).high).toBeCloseTo(0.1718, 4);
  });

  it("stays inside [0, 1], holds the estimate, and mirrors when wins and losses change places", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (trials, share) => {
          const wins = Math.round(trials * share);
          const interval = wilsonInterval(wins, trials);
          const mirrored = wilsonInterval(trials - wins, trials);
          expect(interval.low).toBeGreaterThanOrEqual(0);
          expect(interval.low).toBeLessThanOrEqual(interval.estimate);
          expect(interval.high).toBeGreaterThanOrEqual(interval.estimate);
          expect(interval.high).toBeLessThanOrEqual(1);
          expect(mirrored.low).toBeCloseTo(1 - interval.high, 12);
        },
      ),
    );
  });

  it("knows nothing without trials", () => {
    expect(wilsonInterval(0, 0)).toEqual({ estimate: Number.NaN, low: 0, high: 1 });
  });
});

describe("signTest", () => {
  it("is the exact two-sided binomial probability", () => {
    expect(signTest(0, 5)).toBeCloseTo(2 / 32, 12);
    expect(signTest(1, 9)).toBeCloseTo((2 * 11) / 1024, 12);
    expect(signTest(3, 3)).toBe(1);
    expect(signTest(0, 0)).toBe(1);
  });

  it("is symmetric and works for more pairs than 2^-n can hold", () => {
    expect(signTest(12, 30)).toBe(signTest(30, 12));
    const many = signTest(900, 1000);
    expect(many).toBeGreaterThan(0.02);
    expect(many).toBeLessThan(0.03);
  });
});

describe("bootstrapMean", () => {
  it("has no width where nothing varies", () => {
    expect(bootstrapMean([run([1, 1, 1])], { seed: 1 })).toEqual({ estimate: 1, low: 1, high: 1 });
  });

  it("gives the same interval for the same seed and another for another seed", () => {
    const values = [run(Array.from({ length: 40 }, (_, i) => Math.sin(i)))];
    const options = { resamples: 500 };
    expect(bootstrapMean(values, { seed: 7, ...options })).toEqual(
      bootstrapMean(values, { seed: 7, ...options }),
    );
    expect(bootstrapMean(values, { seed: 7, ...options })).not.toEqual(
      bootstrapMean(values, { seed: 8, ...options }),
    );
  });

  it("agrees with the binomial distribution for one run of wins and losses", () => {
    // 30 of 100: resampled counts are binomial(100, 0.3), whose 2.5% and 97.5% quantiles are 21 and 39.
    const interval = bootstrapMean([run(Array.from({ length: 100 }, (_, i) => (i < 30 ? 1 : 0)))], {
      seed: 3,
    });
    expect(interval.estimate).toBeCloseTo(0.3, 12);
    expect(interval.low).toBeCloseTo(0.21, 2);
    expect(interval.high).toBeCloseTo(0.39, 2);
  });

  it("covers the true mean in about 95 of 100 experiments", () => {
    const random = createRandom(11);
    let covered = 0;
    for (let experiment = 0; experiment < 200; experiment++) {
      const values = run(Array.from({ length: 100 }, () => (random.chance(0.4) ? 1 : 0)));
      const { low, high } = bootstrapMean([values], { seed: experiment, resamples: 200 });
      if (low <= 0.4 && 0.4 <= high) covered++;
    }
    expect(covered / 200).toBeGreaterThan(0.9);
    expect(covered / 200).toBeLessThan(0.985);
  });

  it("is wider when runs disagree than when the same values agree between runs", () => {
    const agree = [
      run([0, 1, 0, 1], "a"),
      run([0, 1, 0, 1], "b"),
      run([0, 1, 0, 1], "c"),
      run([0, 1, 0, 1], "d"),
    ];
    const disagree = [
      run([0, 0, 0, 0], "a"),
      run([1, 1, 1, 1], "b"),
      run([0, 0, 0, 0], "c"),
      run([1, 1, 1, 1], "d"),
    ];
    const width = (runs: ReturnType<typeof run>[]) => {
      const { low, high } = bootstrapMean(runs, { seed: 1, resamples: 2000 });
      return high - low;
    };
    expect(width(disagree)).toBeGreaterThan(width(agree) * 1.2);
  });

  it("is wider for the same tasks measured four times than for four times as many tasks", () => {
    const values = Array.from({ length: 50 }, (_, i) => i % 2);
    const same = Array.from({ length: 4 }, () => run(values));
    const other = Array.from({ length: 4 }, (_, i) => run(values, `run${i}-`));
    const shared = bootstrapMean(same, { seed: 1, resamples: 2000 });
    const nested = bootstrapMean(other, { seed: 1, resamples: 2000 });
    expect(shared.high - shared.low).toBeGreaterThan(1.5 * (nested.high - nested.low));
  });

  it("holds the estimate, which is the mean of the runs' means", () => {
    const runs = [run([1, 0, 0, 0], "a"), run([1, 1], "b")];
    const { estimate, low, high } = bootstrapMean(runs, { seed: 5, resamples: 1000 });
    expect(estimate).toBe(0.625);
    expect(low).toBeLessThanOrEqual(estimate);
    expect(high).toBeGreaterThanOrEqual(estimate);
  });

  it("refuses runs without tasks, and runs said to share tasks that share none", () => {
    expect(() => bootstrapMean([], { seed: 1 })).toThrow(RangeError);
    expect(() => bootstrapMean([run([])], { seed: 1 })).toThrow(RangeError);
    const disjoint = [run([1], "a"), run([1], "b")];
    expect(() => bootstrapMean(disjoint, { seed: 1, sharedTasks: true })).toThrow(/no task in common/);
  });
});

describe("pairedBootstrap", () => {
  it("sees a small steady advantage that unpaired intervals would hide", () => {
    const second = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 0.9 : 0));
    const first = second.map((value) => value + 0.05);
    const difference = pairedBootstrap([run(first)], [run(second)], { seed: 1, resamples: 1000 });
    expect(difference.low).toBeCloseTo(0.05, 10);
    expect(difference.high).toBeCloseTo(0.05, 10);
    const alone = bootstrapMean([run(first)], { seed: 1, resamples: 1000 });
    expect(alone.high - alone.low).toBeGreaterThan(0.1);
  });

  it("changes sign with the order of the two", () => {
    const first = [run([1, 0, 1, 1, 0, 1])];
    const second = [run([0, 0, 1, 0, 0, 1])];
    const one = pairedBootstrap(first, second, { seed: 4 });
    const other = pairedBootstrap(second, first, { seed: 4 });
    expect(other.estimate).toBeCloseTo(-one.estimate, 12);
    expect(other.low).toBeCloseTo(-one.high, 12);
  });

  it("leaves out tasks that only one side has", () => {
    const difference = pairedBootstrap([run([1, 1, 0])], [run([0, 1])], { seed: 1 });
    expect(difference.estimate).toBe(0.5);
  });

  it("refuses unequal numbers of runs and runs without a common task", () => {
    expect(() => pairedBootstrap([run([1])], [], { seed: 1 })).toThrow(/cannot be paired/);
    expect(() => pairedBootstrap([run([1], "a")], [run([1], "b")], { seed: 1 })).toThrow(RangeError);
  });
});

describe("mean", () => {
  it("is not 0 for nothing", () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(mean([])).toBeNaN();
  });
});

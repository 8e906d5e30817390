import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { studyDocument } from "../scripts/reproduce/document.ts";
import { judge, readStudyResults, type StudyResults } from "../scripts/reproduce/results.ts";
import { runStudy } from "../scripts/reproduce/run-study.ts";
import { type Family, familiesOf, runConfig, type Study } from "../scripts/reproduce/study.ts";
import { webshopStudy } from "../scripts/reproduce/webshop-study.ts";
import { eef } from "../src/methods/eef.ts";
import { rft } from "../src/methods/rft.ts";
import { sft } from "../src/methods/sft.ts";
import { runPipeline } from "../src/run/pipeline.ts";
import { silentProgress } from "../src/run/progress.ts";
import { countingTrainer } from "./toy/counting-student.ts";
import { doors } from "./toy/doors.ts";
import { porter } from "./toy/porter.ts";

const folder = mkdtempSync(join(tmpdir(), "eef-reproduce-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two families on the toy task: an expert that knows three keys, and one that knows none. */
function toyStudy(output: string): Study {
  const family = (name: string, known: number): Family => ({
    name,
    output,
    runName: (seed) => `${name.replaceAll(" ", "-")}-${seed}`,
    settings: (seed) => ({
      environment: doors({ train: 12, validation: 0, test: 8 }, seed),
      experts: [{ policy: porter(known) }],
      trainer: countingTrainer(join(output, `student-${name}-${seed}`)),
      methods: [
        sft(),
        rft({ rollouts: 3, iterations: 1 }),
        eef({ simulatedStates: 2, iterations: 1 }),
        eef({ name: "EEF, M = 1", simulatedStates: 1, iterations: 1 }),
      ],
      rollout: { maximumSteps: 10 },
    }),
  });
  const main = family("main", 3);
  const other = family("other expert", 2);
  const baseline = "RFT x3";
  return {
    title: "Toy",
    text: "Doors.",
    stages: [
      { family: main, methods: ["SFT", baseline, "EEF"] },
      { family: other, methods: [baseline, "EEF"], key: "other" },
      { family: main, methods: ["EEF, M = 1"] },
    ],
    tables: [
      {
        title: "Methods",
        text: "All.",
        rows: ["expert", "SFT", baseline, "EEF"].map((method) => ({ family: "main", method })),
        baseline,
      },
    ],
    comparisons: [
      {
        first: { family: "main", method: "EEF" },
        second: { family: "main", method: baseline },
        expected: "above 0",
      },
      {
        first: { family: "main", method: "EEF" },
        second: { family: "main", method: "expert" },
        expected: "above 0",
      },
      {
        first: { family: "main", method: "EEF" },
        second: { family: "other expert", method: "EEF" },
        expected: "above 0",
      },
      {
        first: { family: "main", method: "EEF, M = 1" },
        second: { family: "main", method: "EEF" },
        expected: "not above 0",
      },
    ],
  };
}

const seeds = [1, 2];
const read = (study: Study) => readStudyResults(study, seeds, { resamples: 200 });

/** Works on a study until it was told to stop so many times, each time after one seed of a stage. */
async function work(study: Study, stops = 0, methods?: readonly string[]): Promise<StudyResults[]> {
  const written: StudyResults[] = [];
  for (let stop = 0; stop <= stops; stop++) {
    const controller = new AbortController();
    const running = runStudy(study, {
      seeds,
      ...(methods === undefined ? {} : { methods }),
      progress: silentProgress,
      signal: controller.signal,
      onSeedFinished: () => {
        written.push(read(study));
        if (stop < stops) controller.abort();
      },
    });
    if (stop < stops) await expect(running).rejects.toThrow("Stopped");
    else expect(await running).toEqual([]);
  }
  return written;
}

/** Everything but the minutes. */
function withoutTimes(results: StudyResults): unknown {
  return JSON.parse(JSON.stringify(results, (key, value: unknown) => (key === "minutes" ? 0 : value)));
}

describe("a study", () => {
  const study = toyStudy(join(folder, "whole"));
  let written: readonly StudyResults[] = [];
  beforeAll(async () => {
    written = await work(study);
  }, 60_000);
  const last = () => {
    const results = written.at(-1);
    if (results === undefined) throw new Error("nothing was written");
    return results;
  };

  test("does the main methods for every seed before it goes on, and says each time what is missing", () => {
    expect(written.map(({ finished }) => finished)).toEqual([3, 6, 8, 10, 11, 12]);
    expect(written[1]?.unfinished.map(({ family, method }) => `${family}: ${method}`)).not.toContain(
      "main: EEF",
    );
    expect(last().unfinished).toEqual([]);
  });

  test("stopped after each of its parts and started again, ends with the same results", async () => {
    const stopped = toyStudy(join(folder, "stopped"));
    const results = (await work(stopped, 5)).at(-1);
    expect(results && withoutTimes(results)).toEqual(withoutTimes(last()));
  });

  test("compares what belongs to the same seed and task, also across families and with the expert", () => {
    for (const { difference, seeds: both } of last().comparisons) {
      expect(both).toBe(2);
      expect(difference?.pairs).toBe(16);
    }
    const [{ difference } = {}] = last().comparisons;
    const [, , baseline, eefRow] = last().tables[0]?.table.rows ?? [];
    const expected = (eefRow?.winRate.estimate ?? 0) - (baseline?.winRate.estimate ?? 0);
    expect(difference?.winRate.estimate).toBeCloseTo(expected, 12);
  });

  test("holds for each seed which test tasks were won, so that its figures can be computed again", () => {
    const rows = last().outcomes.filter(({ family, method }) => family === "main" && method === "EEF");
    expect(rows.map(({ wins }) => wins.length)).toEqual([8, 8]);
    const wins = rows
      .map((row) => row.wins)
      .join("")
      .replaceAll("0", "").length;
    expect(wins / 16).toBeCloseTo(last().tables[0]?.table.rows.at(-1)?.winRate.estimate ?? -1, 12);
  });

  test("never takes the student of an early iteration for the last one", async () => {
    const early = toyStudy(join(folder, "early"));
    await work(early, 0, ["sft"]);
    // Behaviour cloning of EEF is evaluated, its last student is not.
    const [family] = familiesOf(early);
    if (family === undefined) throw new Error("there is a family");
    await runPipeline(runConfig(family, 1), { stopAfter: { phase: "explore", method: "EEF", iteration: 1 } });
    const results = read(early);
    expect(results.outcomes.map(({ method }) => method)).not.toContain("EEF");
    expect(results.unfinished).toContainEqual({ family: "main", method: "EEF", seed: 1 });
  });

  test("is written down with its command, and with what is missing where something is", () => {
    const whole = studyDocument(study, last(), "npm run toy");
    expect(whole).toContain("npm run toy");
    expect(whole).toContain("**12 of 12 results are there**.");
    expect(whole).not.toContain("## Missing");
    const part = written[0] && studyDocument(study, written[0], "npm run toy");
    expect(part).toContain("- EEF: seeds 2");
    expect(part).toContain("- EEF (other expert): seeds 1, 2");
    expect(part).toMatch(/EEF, M = 1 - EEF \| - \| - \| - \| 0 \| not above 0 \| not known yet/);
  });

  test("refuses methods that it does not have", async () => {
    await expect(work(study, 0, ["eef", "etf"])).rejects.toThrow('no methods "etf"');
  });
});

test("an expectation is met only by an interval that says so, and two of them only ask not to be contradicted", () => {
  expect(judge({ low: 0.01, high: 0.1 }, "above 0")).toBe("as expected");
  expect(judge({ low: -0.01, high: 0.1 }, "above 0")).toBe("undecided");
  expect(judge({ low: -0.2, high: -0.1 }, "above 0")).toBe("against it");
  expect(judge({ low: -0.01, high: 0.1 }, "not below 0")).toBe("as expected");
  expect(judge({ low: -0.2, high: -0.1 }, "not below 0")).toBe("against it");
  expect(judge({ low: 0.1, high: 0.2 }, "not above 0")).toBe("against it");
  expect(judge({ low: 0.1, high: 0.2 }, "below 0")).toBe("against it");
});

describe("the study of `npm run reproduce`", () => {
  const output = join(folder, "webshop");
  const study = webshopStudy({ output });
  const methodsOf = (family: Family) => runConfig(family, 2).methods.map(({ name }) => name);

  test("runs only methods that its runs have, and compares only what it runs", () => {
    for (const { family, methods } of study.stages)
      expect(methodsOf(family)).toEqual(expect.arrayContaining([...methods]));
    const run = new Set(
      study.stages.flatMap(({ family, methods }) => methods.map((method) => `${family.name}: ${method}`)),
    );
    const named = [
      ...study.tables.flatMap(({ rows }) => rows),
      ...study.comparisons.flatMap(({ first, second }) => [first, second]),
    ];
    for (const { family, method } of named) {
      if (method !== "expert") expect(run).toContain(`${family}: ${method}`);
    }
  });

  test("has a catalogue of its own for each seed, or one for all, and 200 test goals", () => {
    const [main, randomFailures] = familiesOf(study);
    if (main === undefined || randomFailures === undefined) throw new Error("there are two families");
    const tasks = (family: Family, seed: number) => runConfig(family, seed).environment.tasks("test");
    expect(tasks(main, 2)).toHaveLength(200);
    expect(tasks(main, 2)).not.toEqual(tasks(main, 3));
    expect(tasks(randomFailures, 2)).toEqual(tasks(main, 2));
    const [shared] = familiesOf(webshopStudy({ output, catalogueSeed: 2 }));
    if (shared === undefined) throw new Error("there is a family");
    expect(tasks(shared, 2)).toEqual(tasks(shared, 3));
  });
});

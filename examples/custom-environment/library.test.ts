import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { eef, embeddedTrainer, resolveConfig, runPipeline, sft } from "../../src/index.ts";
import { saveTinyBase } from "../../test/tiny-model.ts";
import { hastyReader } from "./expert.ts";
import { library } from "./library.ts";

const folder = mkdtempSync(join(tmpdir(), "eef-library-"));
afterAll(() => rmSync(folder, { recursive: true }));

const environment = library(1, { train: 24, validation: 0, test: 12 });
const [task] = environment.tasks("train");
if (task === undefined) throw new Error("there are training tasks");

/** Turns pages until the wanted book is on the page. */
async function playWell() {
  if (task === undefined) throw new Error("unreachable");
  const { author, title } = task.wanted;
  await using episode = await environment.start(task);
  const results = [await episode.step(`author[${author}]`)];
  while (!results.at(-1)?.observation.includes(title)) results.push(await episode.step("next"));
  results.push(await episode.step(`borrow[${title}]`));
  return results;
}

test("the wanted book can be found and wins; another of its author does not", async () => {
  expect((await playWell()).at(-1)).toMatchObject({ reward: 1, done: true });
  await using episode = await environment.start(task);
  const { observation } = await episode.step(`author[${task.wanted.author}]`);
  const other = [...observation.matchAll(/([A-Z]\w+ \w+) \(/g)].find(
    (match) => match[1] !== task.wanted.title,
  );
  expect(await episode.step(`borrow[${other?.[1]}]`)).toMatchObject({ reward: 0.5, done: true });
});

test("the same actions lead to the same observations, so that expert states can be reached by replay", async () => {
  expect(await playWell()).toEqual(await playWell());
});

test("what is no action, or not possible now, is invalid and changes nothing", async () => {
  await using episode = await environment.start(task);
  const before = episode.observation;
  for (const action of [
    "",
    "next",
    "borrow[Nothing]",
    "author[Nobody]",
    "please",
    "author[Birch]\nborrow[x]",
  ]) {
    expect(await episode.step(action)).toMatchObject({ valid: false, done: false, observation: before });
  }
});

test("no book is asked for in two splits", () => {
  const titles = (["train", "test"] as const).flatMap((split) =>
    environment.tasks(split).map(({ wanted }) => wanted.title),
  );
  expect(new Set(titles).size).toBe(titles.length);
});

test("EEF runs on it with the embedded student, and reaches every expert state that it simulates", async () => {
  const base = join(folder, "base");
  await saveTinyBase(base, [
    environment.systemPrompt,
    ...(await playWell()).map(({ observation }) => observation),
  ]);
  const results = await runPipeline(
    resolveConfig({
      name: "library",
      environment,
      experts: [{ policy: hastyReader(0.4) }],
      trainer: embeddedTrainer({ base, epochs: 3, learningRate: 3e-3, policy: { maximumNewTokens: 16 } }),
      methods: [sft(), eef({ simulatedStates: 2, iterations: 1 })],
      tasks: { train: 8 },
      evaluation: { tasks: 4 },
      rollout: { maximumSteps: 5 },
      output: folder,
    }),
  );
  const wins = results.trajectories.filter((trajectory) => trajectory.win).length;
  expect(wins).toBeGreaterThan(0);
  expect(wins).toBeLessThan(results.trajectories.length);
  expect(results.evaluations.map(({ method, iteration }) => `${method} ${iteration}`)).toEqual([
    "SFT 0",
    "EEF 0",
    "EEF 1",
  ]);
  const simulated = results.facts?.find(({ name }) => name === "simulation episodes ended by")?.value;
  expect(simulated).toBeDefined();
  expect(simulated).not.toMatch(/replay-diverged|environment-error|policy-error/);
});

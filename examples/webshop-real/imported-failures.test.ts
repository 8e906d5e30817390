import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeCatalogue } from "../../src/environment/webshop/generator/index.ts";
import type { WebShopReactRecord } from "../../src/formats/webshop-react.ts";
import {
  type Catalogue,
  createScriptedExpert,
  type ImportedTrajectory,
  isWin,
  loadCatalogue,
  localExecutor,
  readTrajectories,
  syntheticGoals,
  webshop,
} from "../../src/index.ts";
import { labelEpisodes, restoreInShop } from "./imported-episodes.ts";
import { summarise } from "./imported-summary.ts";
import { recordReact } from "./react-recorder.test-helpers.ts";

const data = fileURLToPath(new URL("../../../shared/data", import.meta.url));
const script = fileURLToPath(new URL("imported-failures.ts", import.meta.url));
const run = (args: readonly string[]) => promisify(execFile)(process.execPath, [script, ...args]);

const episodeCount = 30;
let folder = "";
let catalogue: Catalogue;
let records: WebShopReactRecord[] = [];

/**
 * Episodes of an expert in "another installation": the same products, other price limits, ReAct pages. The limits differ
 * because the benchmark draws them anew in every installation.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-imported-"));
  await writeCatalogue({ seed: 5, products: 200, types: 10 }, folder);
  catalogue = loadCatalogue(folder);
  const goals = syntheticGoals(catalogue, { seed: 77 }).slice(0, episodeCount);
  const elsewhere = webshop({ catalogue, goals: { train: goals } });
  const requests = elsewhere.tasks("train").map((task, index) => ({
    id: task.id,
    kind: "expert" as const,
    task,
    seed: index,
    temperature: 1,
    maximumSteps: 14,
  }));
  const groupNames = new Set(catalogue.products().flatMap(({ options }) => options.map(({ name }) => name)));
  const options = { environment: elsewhere, policy: createScriptedExpert() };
  for await (const episode of localExecutor().run(requests, options)) {
    records.push(recordReact(episode, groupNames));
  }
}, 300_000);
afterAll(async () => {
  records = [];
  await rm(folder, { recursive: true });
});

async function imported(given: readonly WebShopReactRecord[]): Promise<ImportedTrajectory[]> {
  const file = join(folder, "react.jsonl");
  await writeFile(file, given.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const episodes: ImportedTrajectory[] = [];
  for await (const episode of readTrajectories(file)) episodes.push(episode);
  return episodes;
}

describe("episodes in the ReAct client's format, of goals that our shop has", () => {
  it("are found, played again, and show the recorded pages and rewards", async () => {
    const { counts, episodes } = await restoreInShop(await imported(records), catalogue);
    expect(counts).toMatchObject({ recorded: episodeCount, unknownGoal: 0 });
    expect(counts.restored).toBeGreaterThan(0.8 * episodeCount);
    expect(counts.restored + counts.ambiguousGoal).toBe(episodeCount);
    for (const { recorded, trajectory, stoppedAt, pages } of episodes) {
      expect(stoppedAt).toBeUndefined();
      expect(pages).toEqual({ alike: trajectory.steps.length + 1, different: 0 });
      expect(trajectory.reward).toBe(recorded.reward);
      expect(trajectory.steps.map(({ message }) => message)).toEqual(
        recorded.steps.map(({ message }) => message),
      );
    }
  });

  it("keep the recorded price limit, on which the reward depends", async () => {
    const { episodes } = await restoreInShop(await imported(records), catalogue);
    const ours = new Set(syntheticGoals(catalogue).map(({ instruction }) => instruction));
    const instructions = episodes.map(({ trajectory }) => trajectory.initialObservation.split(" [SEP] ")[2]);
    expect(instructions.every((instruction) => instruction?.includes("price lower than"))).toBe(true);
    expect(instructions.some((instruction) => !ours.has(instruction ?? ""))).toBe(true);
  });

  it("are labelled by the method itself, from a student's simulations of their states", async () => {
    const restored = await restoreInShop(await imported(records), catalogue);
    const student = createScriptedExpert({ name: "student", mistakes: 0.7 });
    const { simulations, selection } = await labelEpisodes(restored, { student });
    expect(simulations.map(({ stopReason }) => stopReason)).not.toContain("replay-diverged");
    expect(selection.trajectories).toHaveLength(restored.episodes.length);
    for (const [index, { trajectoryId, actions, won }] of selection.trajectories.entries()) {
      const trajectory = restored.episodes[index]?.trajectory;
      expect(trajectoryId).toBe(trajectory?.id);
      expect(actions).toHaveLength(trajectory?.steps.length ?? 0);
      if (won) expect(new Set(actions)).toEqual(new Set(["unknown"]));
    }
    const { labels, replay } = summarise(restored, { simulations, selection });
    const failures = restored.episodes.length - replay.wins;
    expect(labels?.labelledEpisodes).toBe(failures);
    expect(labels?.beneficial).toBeGreaterThan(0);
    expect(labels?.harmful).toBeGreaterThan(0);
    const wins = new Set(
      [...simulations, ...restored.episodes.map((e) => e.trajectory)].filter(isWin).map(({ id }) => id),
    );
    expect(selection.examples.every(({ origin }) => wins.has(origin.trajectoryId))).toBe(true);
  });

  it("end before the first action that is not possible here", async () => {
    const [record] = records;
    if (record === undefined) throw new Error("no episode was recorded");
    const steps = [
      ...record.steps.slice(0, 2),
      { action: "click[B000000000]", observation: "[Back to Search]", invalid: false },
    ];
    const elsewhere = { ...record, steps, bought: false, reward: 0, success: false };
    const restored = await restoreInShop(await imported([elsewhere]), catalogue);
    expect(summarise(restored).replay).toMatchObject({ whole: 0, cutShort: 1, pagesDifferent: 0 });
    expect(restored.episodes[0]?.trajectory.steps).toHaveLength(1);
  });

  it("count a page as different that shows other products than recorded", async () => {
    const [record] = records;
    const results = record?.steps.findIndex(({ observation }) => observation.includes("Total results")) ?? -1;
    if (record === undefined || results < 0) throw new Error("no results page was recorded");
    const steps = record.steps.map((step, index) =>
      index === results ? { ...step, observation: step.observation.replace(/\$\S+/, "$12345.0") } : step,
    );
    const restored = await restoreInShop(await imported([{ ...record, steps }]), catalogue);
    expect(summarise(restored).replay).toMatchObject({ whole: 1, pagesDifferent: 1 });
  });
});

describe("the script", () => {
  it("asks for the data and the episodes", async () => {
    await expect(run([])).rejects.toThrow(/expected --data DIR and at least one file/);
  });

  it.skipIf(!existsSync(data))(
    "counts what became of the 500 LLM episodes (skipped where the data is absent)",
    async () => {
      const file = join(data, "trajectories/webshop-react/react_500.jsonl");
      const { stdout } = await run(["--data", join(data, "webshop"), "--json", file]);
      expect(JSON.parse(stdout)).toEqual({
        episodes: {
          recorded: 500,
          recordedWins: 179,
          restored: 0,
          unknownGoal: 500,
          ambiguousGoal: 0,
          othersWithAProduct: 3,
        },
        replay: { whole: 0, cutShort: 0, pagesAlike: 0, pagesDifferent: 0, wins: 0 },
      });
    },
  );
});

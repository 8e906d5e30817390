import process from "node:process";
import { describe, expect, it } from "vitest";
import { InvalidFileError } from "../../errors.ts";
import { SimulatorLostError } from "./errors.ts";
import { parseRecordedEpisodes, replayEpisodes } from "./replay.ts";
import type { Simulator } from "./simulator.ts";
import { onSimulator, type SimulatorPool, simulatorPool } from "./simulator-pool.ts";
import { needsSimulator, requireTestJar, testJar } from "./test-simulator.test-helpers.ts";

it.each(["[", "{}", '{"task": "boil", "variation": -1}'])("%s is no recorded episode", (line) => {
  const valid = { task: "boil", variation: 0, desc: "", init: "", steps: [["look around", "", 0]] };
  const text = `${JSON.stringify(valid)}\n\n${line}\n`;
  expect(() => parseRecordedEpisodes(text, "episodes.jsonl")).toThrow(InvalidFileError);
  expect(() => parseRecordedEpisodes(text, "episodes.jsonl")).toThrow(/episodes.jsonl: line 3/);
});

it("a file without episodes is refused, and so is what the simulator would not know, with its line", () => {
  const valid = { task: "boil", variation: 0, desc: "", init: "", steps: [["look around", "", 0]] };
  const parse = (changed: object) =>
    parseRecordedEpisodes(`\n${JSON.stringify({ ...valid, ...changed })}`, "episodes.jsonl");
  expect(() => parseRecordedEpisodes("\n", "episodes.jsonl")).toThrow(/holds no episodes/);
  expect(() => parse({ task: "boyl" })).toThrow(/line 2, task: ScienceWorld has no task "boyl"/);
  expect(() => parse({ variation: 30 })).toThrow(/line 2, variation: .* variations 0 to 29, not 30/);
  expect(() => parse({ variation: 99_999_999_999 })).toThrow(/line 2, variation/);
  expect(() => parse({ simplifications: "esay" })).toThrow(/line 2, simplifications: expected "easy"/);
  expect(parse({ simplifications: "openDoors,teleportAction" })).toHaveLength(1);
});

describe.skipIf(testJar === undefined)(`a replay (${needsSimulator})`, () => {
  const task = { task: "lifespan-longest-lived", variation: 0 };
  const actions = ["teleport to outside", "look around", "focus on air"];

  async function record(simulator: Simulator) {
    const { description, look } = await simulator.load({ ...task, simplifications: "easy" });
    const answers = await simulator.steps(actions);
    const steps = answers.map(({ observation, score }, index) => [
      actions[index],
      observation,
      Math.round(100 * score),
    ]);
    return { ...task, desc: description, init: `${look}\n`, steps };
  }

  function parse(recorded: readonly object[]) {
    return parseRecordedEpisodes(
      recorded.map((each) => `${JSON.stringify(each)}\n`).join(""),
      "episodes.jsonl",
    );
  }

  it("finds nothing where nothing differs, and names the first difference where something does", async () => {
    await using pool = simulatorPool(2, { jar: requireTestJar() });
    const recorded = await onSimulator(pool, record);
    const changed = {
      ...recorded,
      init: "Another room.",
      steps: recorded.steps.with(1, ["look around", "Nothing.", 7]),
    };
    const report = await replayEpisodes(pool, parse([recorded, changed]));
    expect(report).toMatchObject({
      episodes: 2,
      identicalEpisodes: 1,
      fields: {
        openings: { matches: 1, total: 2 },
        observations: { matches: 5, total: 6 },
        scores: { matches: 5, total: 6 },
      },
    });
    const episode = "lifespan-longest-lived 0 (line 2)";
    expect(report.differences).toMatchObject([
      { field: "openings", episode, step: 0 },
      { field: "observations", episode, step: 2, action: "look around", expected: "Nothing." },
      { field: "scores", episode, step: 2, expected: "7" },
    ]);
  }, 60_000);

  it("compares a step that is no action, and plays on after it", async () => {
    await using pool = simulatorPool(1, { jar: requireTestJar() });
    const recorded = await onSimulator(pool, record);
    const steps = recorded.steps.toSpliced(1, 0, ["look\naround", "Something.", 0]);
    const { fields, differences } = await replayEpisodes(pool, parse([{ ...recorded, steps }]));
    expect(fields.observations).toEqual({ matches: 3, total: 4 });
    expect(differences).toMatchObject([
      { field: "observations", step: 2, action: "look\naround" },
      { field: "scores", step: 2, action: "look\naround" },
    ]);
  }, 60_000);

  it("plays an episode again on another simulator where its own dies, and gives up after three", async () => {
    await using pool = simulatorPool(1, { jar: requireTestJar() });
    const recorded = await onSimulator(pool, record);
    let begun = 0;
    /** Leases simulators of which the first ones die as soon as the task is loaded. */
    const dying = (count: number): SimulatorPool => ({
      ...pool,
      lease: async (asked) => {
        const lease = await pool.lease(asked);
        const { simulator } = lease;
        begun += 1;
        if (begun > count) return lease;
        const load: Simulator["load"] = async (loaded) => {
          const opening = await simulator.load(loaded);
          process.kill(simulator.pid, "SIGKILL");
          return opening;
        };
        return { ...lease, simulator: { ...simulator, load } };
      },
    });
    const report = await replayEpisodes(dying(2), parse([recorded]));
    expect(report).toMatchObject({
      identicalEpisodes: 1,
      fields: { observations: { matches: 3, total: 3 } },
    });
    expect(begun).toBe(3);
    begun = 0;
    await expect(replayEpisodes(dying(3), parse([recorded]))).rejects.toThrow(SimulatorLostError);
  }, 60_000);
});

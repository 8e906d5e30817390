import { describe, expect, test } from "vitest";
import { ReplayDivergedError } from "../errors.ts";
import { type Trajectory, trajectorySchema } from "../trajectory.ts";
import { careful, countingEnvironment, countingTask, policyOf } from "./counting-world.test-helpers.ts";
import type { RolloutRequest } from "./executor.ts";
import { replay } from "./replay.ts";
import { rollout } from "./rollout.ts";

const task = countingTask("three", 3);
const request: RolloutRequest = {
  id: "episode",
  kind: "simulation",
  task,
  seed: 7,
  temperature: 0.5,
  maximumSteps: 10,
};

/** Adds 2, says something odd, adds 2 again (too much) and stops. */
const expertMessages = ["Action: add 2", "Action: dance", "Action: add 2", "Action: stop"];
const expert: Trajectory = await rollout(
  { ...request, id: "expert", kind: "expert" },
  { environment: countingEnvironment(), policy: policyOf(({ turn }) => expertMessages[turn] ?? "") },
);

describe("an episode from the initial state", () => {
  test("is recorded message by message, with the parsed actions", async () => {
    const trajectory = await rollout(request, { environment: countingEnvironment(), policy: careful });
    expect(trajectory.steps.map(({ message, action }) => [message, action])).toEqual([
      ["Thought: more.\nAction: add 1", "add 1"],
      ["Thought: more.\nAction: add 1", "add 1"],
      ["Thought: more.\nAction: add 1", "add 1"],
      ["Thought: done.\nAction: stop", "stop"],
    ]);
    expect(trajectory).toMatchObject({ id: "episode", taskId: "three", reward: 1, stopReason: "done" });
    expect(trajectory.from).toBeUndefined();
    expect(trajectorySchema.parse(trajectory)).toEqual(trajectory);
  });

  test("counts its steps and tokens", async () => {
    const { usage } = await rollout(request, { environment: countingEnvironment(), policy: careful });
    expect(usage).toMatchObject({ environmentSteps: 4, promptTokens: 40, generatedTokens: 12 });
  });

  test("shows the policy the whole transcript, the admissible actions, the seed and the temperature", async () => {
    const seen: unknown[] = [];
    const policy = policyOf((asked) => {
      seen.push(asked);
      return "Action: stop";
    });
    await rollout(request, { environment: countingEnvironment(), policy });
    expect(seen).toEqual([
      {
        messages: [
          { role: "system", content: "Reach the target." },
          { role: "user", content: "sum 0 of 3" },
        ],
        admissibleActions: ["add 1", "add 2", "stop"],
        seed: 7,
        turn: 0,
        temperature: 0.5,
      },
    ]);
  });

  test("keeps actions that the environment did not understand", async () => {
    expect(expert.steps.map(({ valid }) => valid)).toEqual([true, false, true, true]);
    expect(expert.reward).toBe(0);
  });
});

describe("an episode from a state of an expert trajectory", () => {
  const from = { trajectory: expert, stateIndex: 2 };

  test("holds the expert's steps, then the student's own", async () => {
    const environment = countingEnvironment();
    const trajectory = await rollout({ ...request, from }, { environment, policy: careful });
    expect(trajectory.from).toEqual({ trajectoryId: "expert", stateIndex: 2 });
    expect(trajectory.steps.slice(0, 2)).toEqual(expert.steps.slice(0, 2));
    expect(trajectory.steps.slice(2).map(({ action }) => action)).toEqual(["add 1", "stop"]);
    expect(trajectory.reward).toBe(1);
    expect(environment.counts.steps).toBe(4);
    expect(trajectory.usage.environmentSteps, "replayed steps are not counted").toBe(2);
  });

  test("counts the expert's actions towards the step limit", async () => {
    const limited = { ...request, from, maximumSteps: 3 };
    const trajectory = await rollout(limited, { environment: countingEnvironment(), policy: careful });
    expect(trajectory).toMatchObject({ stopReason: "step-limit", reward: 0 });
    expect(trajectory.steps).toHaveLength(3);
  });

  test("tells the policy how many actions were taken before", async () => {
    const turns: number[] = [];
    const policy = policyOf(({ turn }) => {
      turns.push(turn);
      return turn < 3 ? "Action: add 1" : "Action: stop";
    });
    await rollout({ ...request, from }, { environment: countingEnvironment(), policy });
    expect(turns).toEqual([2, 3]);
  });

  test("is not simulated if the replay differs from the record", async () => {
    const environment = countingEnvironment({ shift: 1 });
    const trajectory = await rollout({ ...request, from }, { environment, policy: careful });
    expect(trajectory).toMatchObject({
      stopReason: "replay-diverged",
      reward: 0,
      steps: [],
      error: { name: "ReplayDivergedError", message: expect.stringContaining("sum 1 of 3") },
    });
    expect(environment.counts.open).toBe(0);
  });
});

describe("replay", () => {
  test("names the step at which the environment answered otherwise", async () => {
    const [first, second, ...rest] = expert.steps;
    if (first === undefined || second === undefined) throw new Error("the expert acted twice at least");
    const changed = { ...expert, steps: [first, { ...second, observation: "something else" }, ...rest] };
    const replayed = replay(countingEnvironment(), task, changed, 3);
    await expect(replayed).rejects.toThrow(ReplayDivergedError);
    await expect(replayed).rejects.toMatchObject({ stepIndex: 2, trajectoryId: "expert" });
  });

  test("notices an episode that should have ended, and refuses states that do not exist", async () => {
    const steps = expert.steps.map((step) => ({ ...step, done: true }));
    await expect(replay(countingEnvironment(), task, { ...expert, steps }, 1)).rejects.toThrow(
      ReplayDivergedError,
    );
    await expect(replay(countingEnvironment(), task, expert, 5)).rejects.toThrow(RangeError);
  });
});

describe("failures are data", () => {
  test("a policy that throws ends the episode with its error, cut to a bounded length", async () => {
    const policy = policyOf(({ turn }) => {
      if (turn === 1) throw new Error("x".repeat(10_000));
      return "Action: add 1";
    });
    const trajectory = await rollout(request, { environment: countingEnvironment(), policy });
    expect(trajectory).toMatchObject({ stopReason: "policy-error", reward: 0, error: { name: "Error" } });
    expect(trajectory.error?.message).toHaveLength(2000);
    expect(trajectory.steps).toHaveLength(1);
  });

  test("an environment that throws ends the episode with its error", async () => {
    const environment = countingEnvironment({ brokenAt: 2 });
    const trajectory = await rollout(request, { environment, policy: careful });
    expect(trajectory).toMatchObject({
      stopReason: "environment-error",
      error: { message: "the abacus broke" },
    });
    expect(environment.counts.open).toBe(0);
  });

  test("so does one that cannot be closed", async () => {
    const environment = countingEnvironment({ failToClose: true });
    const trajectory = await rollout(request, { environment, policy: careful });
    expect(trajectory).toMatchObject({ stopReason: "environment-error", reward: 0 });
  });

  test.each(["gave-up", "context-overflow"] as const)("a policy may stop: %s", async (stop) => {
    const policy = policyOf(() => ({ message: "", promptTokens: 5, generatedTokens: 0, stop }));
    const trajectory = await rollout(request, { environment: countingEnvironment(), policy });
    expect(trajectory).toMatchObject({ stopReason: stop, reward: 0, steps: [], usage: { promptTokens: 5 } });
  });

  test("an abort is no failure of the episode: it is thrown, and the episode is closed", async () => {
    const environment = countingEnvironment();
    const controller = new AbortController();
    const policy = policyOf(() => {
      controller.abort(new Error("enough"));
      return "Action: add 1";
    });
    const played = rollout(request, { environment, policy, signal: controller.signal });
    await expect(played).rejects.toThrow("enough");
    expect(environment.counts.open).toBe(0);
  });
});

import { expect, test } from "vitest";
import type { Trajectory } from "../trajectory.ts";
import { careful, countingEnvironment, countingTask, policyOf } from "./counting-world.test-helpers.ts";
import type { RolloutRequest } from "./executor.ts";
import { rolloutId } from "./identity.ts";
import { localExecutor } from "./local.ts";
import { rollout } from "./rollout.ts";

function request(id: string, target: number): RolloutRequest {
  const task = countingTask(id, target);
  return { id, kind: "simulation", task, seed: 1, temperature: 1, maximumSteps: 20 };
}

test("plays every episode once, never more at a time than it may", async () => {
  const requests = Array.from({ length: 30 }, (_, index) => request(`task ${index}`, index % 5));
  const environment = countingEnvironment();
  let most = 0;
  const policy = policyOf(async (asked) => {
    most = Math.max(most, environment.counts.open);
    return (await careful.act(asked)).message;
  });
  const ids: string[] = [];
  for await (const trajectory of localExecutor({ concurrency: 4 }).run(requests, { environment, policy })) {
    expect(trajectory.reward).toBe(1);
    ids.push(trajectory.id);
  }
  expect(ids.toSorted()).toEqual(requests.map(({ id }) => id).toSorted());
  expect(most).toBe(4);
  expect(environment.counts.open).toBe(0);
});

test("gives what each episode gives alone, whatever the concurrency", async () => {
  const requests = Array.from({ length: 10 }, (_, index) => request(`task ${index}`, index));
  const withoutSeconds = (trajectory: Trajectory) => ({
    ...trajectory,
    usage: { ...trajectory.usage, seconds: 0 },
  });
  const alone = await Promise.all(
    requests.map((each) => rollout(each, { environment: countingEnvironment(), policy: careful })),
  );
  const together: Trajectory[] = [];
  const options = { environment: countingEnvironment(), policy: careful };
  for await (const trajectory of localExecutor({ concurrency: 3 }).run(requests, options)) {
    together.push(trajectory);
  }
  const byId = (left: Trajectory, right: Trajectory) => (left.id < right.id ? -1 : 1);
  expect(together.map(withoutSeconds).toSorted(byId)).toEqual(alone.map(withoutSeconds).toSorted(byId));
});

test("starts the simulations of one expert trajectory next to each other", async () => {
  const [first, second] = [request("first", 2), request("second", 2)];
  const environment = countingEnvironment();
  const expert = await rollout({ ...first, id: "expert" }, { environment, policy: careful });
  const at = (stateIndex: number): RolloutRequest => ({
    ...first,
    id: `first from ${stateIndex}`,
    from: { trajectory: expert, stateIndex },
  });
  const requests = [at(2), first, second, at(1)];
  const ids: string[] = [];
  for await (const { id } of localExecutor({ concurrency: 1 }).run(requests, {
    environment,
    policy: careful,
  })) {
    ids.push(id);
  }
  expect(ids).toEqual(["first from 1", "first from 2", "first", "second"]);
});

test("an abort throws its reason, and drops and closes the episodes in flight", async () => {
  const controller = new AbortController();
  const environment = countingEnvironment();
  const requests = Array.from({ length: 20 }, (_, index) => request(`task ${index}`, 3));
  const finished: string[] = [];
  const run = async () => {
    const options = { environment, policy: careful, signal: controller.signal };
    for await (const { id } of localExecutor({ concurrency: 5 }).run(requests, options)) {
      finished.push(id);
      if (finished.length === 7) controller.abort(new Error("stopped by the user"));
    }
  };
  await expect(run()).rejects.toThrow("stopped by the user");
  expect(finished).toHaveLength(7);
  expect(environment.counts.open).toBe(0);
});

test("an abort during the last episode throws as well", async () => {
  const controller = new AbortController();
  const environment = countingEnvironment();
  const policy = policyOf(() => {
    controller.abort(new Error("stopped by the user"));
    return "Thought: done.\nAction: stop";
  });
  const options = { environment, policy, signal: controller.signal };
  const run = localExecutor().run([request("only", 0)], options);
  await expect(run[Symbol.asyncIterator]().next()).rejects.toThrow("stopped by the user");
});

test("a consumer that stops early leaves no episode open", async () => {
  const environment = countingEnvironment();
  const requests = Array.from({ length: 20 }, (_, index) => request(`task ${index}`, 3));
  for await (const _ of localExecutor({ concurrency: 5 }).run(requests, { environment, policy: careful })) {
    break;
  }
  expect(environment.counts.open).toBe(0);
});

test("a concurrency that plays nothing is refused", () => {
  expect(() => localExecutor({ concurrency: 0 })).toThrow("at least 1");
});

test("an id changes with all that changes the episode, and with nothing else", async () => {
  const base = request("task", 1);
  const expert = await rollout(base, { environment: countingEnvironment(), policy: careful });
  const ids = [
    rolloutId(base, "v1"),
    rolloutId(base, "v2"),
    rolloutId({ ...base, seed: 2 }, "v1"),
    rolloutId({ ...base, temperature: 0 }, "v1"),
    rolloutId({ ...base, maximumSteps: 5 }, "v1"),
    rolloutId({ ...base, kind: "evaluation" }, "v1"),
    rolloutId({ ...base, task: countingTask("other", 1) }, "v1"),
    rolloutId({ ...base, from: { trajectory: expert, stateIndex: 0 } }, "v1"),
    rolloutId({ ...base, from: { trajectory: expert, stateIndex: 1 } }, "v1"),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(rolloutId({ ...base }, "v1")).toBe(ids[0]);
});

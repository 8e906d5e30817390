import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { runContents } from "../../test/run-contents.ts";
import { toyConfig } from "../../test/toy/config.ts";
import { doors } from "../../test/toy/doors.ts";
import { porter } from "../../test/toy/porter.ts";
import { eef } from "../methods/eef.ts";
import type { Method, MethodContext } from "../methods/method.ts";
import { rft } from "../methods/rft.ts";
import { sft } from "../methods/sft.ts";
import type { Policy } from "../policy/policy.ts";
import { localExecutor } from "../rollout/local.ts";
import type { Trainer } from "../trainer/trainer.ts";
import type { RunConfig } from "./config.ts";
import { HeldOutTaskError, InterruptedError, RunLockedError } from "./errors.ts";
import { runPipeline } from "./pipeline.ts";
import type { Progress } from "./progress.ts";
import { readMethodSelections, readTrainingTrajectories } from "./read-selections.ts";
import { openRunDirectory, readRunDirectory, runPath } from "./run-directory.ts";

const root = mkdtempSync(join(tmpdir(), "eef-pipeline-"));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function newFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

/** The trainer, and how often it trained. */
function counted(trainer: Trainer): Trainer & { readonly trainings: string[] } {
  const trainings: string[] = [];
  return {
    ...trainer,
    trainings,
    train: (request) => {
      trainings.push(request.outputDirectory.split(/[\\/]/).at(-1) ?? "");
      return trainer.train(request);
    },
  };
}

function method(name: string, run: Method["run"]): Method {
  return { name, options: {}, run };
}

test("a run goes from experts to a student of every method on the held-out tasks", async () => {
  const results = await runPipeline(toyConfig(newFolder()));
  expect(results.experts).toMatchObject([{ name: "porter", perTask: { length: 12 } }]);
  expect(results.evaluations.map(({ method, iteration }) => `${method} ${iteration}`)).toEqual([
    "SFT 0",
    "RFT 0",
    "RFT 2",
    "RFT x3 0",
    "RFT x3 2",
    "EEF 0",
    "EEF 2",
  ]);
  const winRate = (name: string, iteration: number) => {
    const found = results.evaluations.find((one) => one.method === name && one.iteration === iteration);
    return (found?.perTask.filter((task) => task.win).length ?? 0) / 12;
  };
  expect(winRate("EEF", 2)).toBeGreaterThan(winRate("SFT", 0));
  expect(results.trajectories).toHaveLength(24);
});

test("stopping a run does not wait for a student that is being brought up", async () => {
  const controller = new AbortController();
  const config = toyConfig(newFolder());
  const open: Trainer["open"] = (_, { signal } = {}) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    controller.abort();
    return promise;
  };
  const run = runPipeline({ ...config, trainer: { ...config.trainer, open } }, { signal: controller.signal });
  await expect(run).rejects.toThrow(InterruptedError);
});

test("a model that stands in its place already is left to the trainer, which may know it", async () => {
  const config = toyConfig(newFolder());
  const killed: Trainer["train"] = async (request) => {
    await config.trainer.train(request);
    throw new Error("killed before anybody took note");
  };
  await expect(runPipeline({ ...config, trainer: { ...config.trainer, train: killed } })).rejects.toThrow(
    "killed",
  );
  const found: boolean[] = [];
  const train: Trainer["train"] = (request) => {
    found.push(existsSync(request.outputDirectory));
    return config.trainer.train(request);
  };
  await runPipeline({ ...config, trainer: { ...config.trainer, train } });
  expect(found).toEqual([true, ...found.slice(1).fill(false)]);
});

test("behaviour cloning is trained once and evaluated once for all methods, and counted for each", async () => {
  const config = toyConfig(newFolder());
  const trainer = counted(config.trainer);
  const results = await runPipeline({ ...config, trainer });
  expect(trainer.trainings).toEqual(["sft-0", "rft-1", "rft-2", "rft-x3-1", "rft-x3-2", "eef-1", "eef-2"]);
  const cloned = results.evaluations.filter((evaluation) => evaluation.iteration === 0);
  expect(new Set(cloned.map((evaluation) => evaluation.policyVersion)).size).toBe(1);
  expect(new Set(cloned.map((evaluation) => evaluation.budget.tokens)).size).toBe(1);
  expect(cloned[0]?.budget.tokens).toBeGreaterThan(0);
});

test("a simulation that two methods ask for is played once and counted for both", async () => {
  const played: string[] = [];
  const local = localExecutor();
  const config: RunConfig = {
    ...toyConfig(newFolder()),
    methods: [
      rft({ iterations: 1 }),
      rft({ rollouts: 3, iterations: 1 }),
      eef({ iterations: 1, simulatedStates: 2 }),
    ],
    executor: {
      run: (requests, options) => {
        played.push(...requests.filter(({ kind }) => kind === "simulation").map(({ id }) => id));
        return local.run(requests, options);
      },
    },
  };
  const results = await runPipeline(config);
  const simulations = (name: string) =>
    results.evaluations.find((one) => one.method === name && one.iteration === 1)?.budget.simulations ?? 0;
  expect(simulations("RFT")).toBe(24);
  expect(simulations("RFT x3")).toBe(72);
  expect(new Set(played).size).toBe(played.length);
  // The first simulation from the initial state is the same for all three.
  expect(played.length).toBe(72 + simulations("EEF") - 24);
});

test("a finished run, run again, does nothing and gives the same results", async () => {
  const config = toyConfig(newFolder());
  const first = await runPipeline(config);
  const trainer = counted(config.trainer);
  const executor = {
    run: () => {
      throw new Error("nothing is left to play");
    },
  };
  expect(await runPipeline({ ...config, trainer, executor })).toEqual(first);
  expect(trainer.trainings).toEqual([]);
});

test("the seed decides the results", async () => {
  const [one, same, other] = [7, 7, 8].map((seed) => ({ ...toyConfig(newFolder()), seed }));
  if (one === undefined || same === undefined || other === undefined) throw new Error("unreachable");
  await Promise.all([runPipeline(one), runPipeline(same), runPipeline(other)]);
  expect(runContents(runPath(same))).toEqual(runContents(runPath(one)));
  expect(runContents(runPath(other))).not.toEqual(runContents(runPath(one)));
});

test("how many episodes are in flight changes no result", async () => {
  const one = toyConfig(newFolder(), { rollout: { maximumSteps: 10, concurrency: 1 } });
  const many = toyConfig(newFolder(), { rollout: { maximumSteps: 10, concurrency: 50 } });
  await Promise.all([runPipeline(one), runPipeline(many)]);
  expect(runContents(runPath(many))).toEqual(runContents(runPath(one)));
});

test("aborting stops the run at any point, and running again gives the unbroken run's results", async () => {
  const unbroken = toyConfig(newFolder());
  await runPipeline(unbroken);
  const config = toyConfig(newFolder());
  for (let updates = 0; ; updates += 7) {
    const controller = new AbortController();
    let left = updates;
    const update = () => {
      if (left === 0) controller.abort();
      left -= 1;
    };
    const progress: Progress = { begin: () => ({ update, end: () => undefined }), note: () => undefined };
    try {
      await runPipeline(config, { signal: controller.signal, progress });
      break;
    } catch (error) {
      expect(error).toBeInstanceOf(InterruptedError);
    }
  }
  expect(runContents(runPath(config))).toEqual(runContents(runPath(unbroken)));
});

test("a phase command stops after its phase, and the whole run continues from there", async () => {
  const unbroken = toyConfig(newFolder());
  await runPipeline(unbroken);
  const config = toyConfig(newFolder());
  const count = (table: string) => {
    using directory = readRunDirectory(runPath(config));
    return directory.database.first(z.object({ n: z.number() }), `SELECT COUNT(*) AS n FROM ${table}`)?.n;
  };
  await runPipeline(config, { stopAfter: { phase: "expert" } });
  expect([count("experts"), count("simulations"), count("fine_tunings")]).toEqual([36, 0, 0]);
  await runPipeline(config, { stopAfter: { phase: "explore", method: "EEF", iteration: 1 } });
  expect(count("simulations")).toBeGreaterThan(0);
  expect(count("selections")).toBe(1);
  await runPipeline(config, { stopAfter: { phase: "select", method: "EEF", iteration: 1 } });
  expect([count("selections"), count("fine_tunings")]).toEqual([2, 1]);
  await runPipeline(config, { stopAfter: { phase: "train", method: "EEF", iteration: 1 } });
  expect([count("fine_tunings"), count("iterations")]).toEqual([2, 1]);
  const evaluated = await runPipeline(config, {
    stopAfter: { phase: "evaluate", method: "EEF", iteration: 1 },
  });
  expect(evaluated.evaluations.map(({ iteration }) => iteration)).toEqual([0, 1]);
  const whole = await runPipeline(config);
  const expected = await runPipeline(unbroken);
  const rates = ({ evaluations }: typeof whole) =>
    evaluations
      .filter(({ method, iteration }) => !(method === "EEF" && iteration === 1))
      .map(({ method, iteration, policyVersion, perTask }) => ({ method, iteration, policyVersion, perTask }))
      .toSorted((left, right) =>
        `${left.method} ${left.iteration}`.localeCompare(`${right.method} ${right.iteration}`),
      );
  expect(rates(whole)).toEqual(rates(expected));
});

test("held-out tasks can be neither simulated, nor selected, nor trained on by a method", async () => {
  const config = toyConfig(newFolder());
  const heldOut = config.environment.tasks("test")[0];
  if (heldOut === undefined) throw new Error("the toy environment has test tasks");
  const simulation = { task: heldOut, sample: 0, iteration: 1, temperature: 1 };
  const example = {
    id: "smuggled",
    taskId: heldOut.id,
    messages: [{ role: "assistant", content: "use iron" } as const],
    weights: [1],
    origin: { trajectoryId: "none", importantState: 0, reason: "none" },
  };
  const selection = { iteration: 1, trajectories: [], importantStates: [], examples: [example] };
  const attempts: ((context: MethodContext) => Promise<unknown>)[] = [
    (context) => context.simulate(context.base, [simulation]),
    (context) => context.recordSelection(1, selection),
    (context) => context.fineTune(context.base, [example], 1),
  ];
  for (const attempt of attempts) {
    const cheat = method("cheat", async (context) => {
      await attempt(context);
      return context.base;
    });
    await expect(runPipeline({ ...config, methods: [cheat] })).rejects.toThrow(HeldOutTaskError);
    rmSync(runPath(config), { recursive: true });
  }
});

test("a method is given no held-out task, and no expert trajectory of one, though the experts acted on them", async () => {
  let seen: string[] = [];
  const spy = method("spy", async ({ tasks, expertTrajectories, base }) => {
    seen = [...tasks.map(({ id }) => id), ...expertTrajectories.map(({ taskId }) => taskId)];
    return base;
  });
  const config = { ...toyConfig(newFolder()), methods: [spy] };
  const results = await runPipeline(config);
  expect(results.experts[0]?.perTask).toHaveLength(12);
  expect(seen).toHaveLength(48);
  expect(seen.every((id) => id.startsWith("train-"))).toBe(true);
});

test("simulations come in the order of their requests, and share the steps of the expert that they begin with", async () => {
  let asked = 0;
  const spy = method("spy", async ({ tasks, expertTrajectories, base, simulate }) => {
    const requests = expertTrajectories.flatMap((trajectory) => {
      const task = tasks.find(({ id }) => id === trajectory.taskId);
      const state = { sample: 0, iteration: 1, temperature: 1 };
      return task === undefined ? [] : [{ task, from: { trajectory, stateIndex: 1 }, ...state }];
    });
    const simulations = await simulate(base, requests.toReversed());
    asked = requests.length;
    expect(simulations.map(({ from }) => from?.trajectoryId)).toEqual(
      expertTrajectories.map(({ id }) => id).toReversed(),
    );
    for (const [index, simulation] of simulations.toReversed().entries()) {
      const { id, taskId, from, reward, stopReason, steps } = simulation.read();
      expect(simulation).toMatchObject({ id, taskId, from, reward, stopReason, stepCount: steps.length });
      // The same object: a text that a thousand simulations begin with is in memory once.
      expect(steps[0]).toBe(expertTrajectories[index]?.steps[0]);
    }
    expect(simulations.some(({ stepCount }) => stepCount > 1)).toBe(true);
    return base;
  });
  await runPipeline({ ...toyConfig(newFolder()), methods: [spy] });
  expect(asked).toBe(24);
});

test("recorded trajectories of held-out tasks are compared with, never trained on", async () => {
  const recorder = toyConfig(newFolder());
  await runPipeline(recorder, { stopAfter: { phase: "expert" } });
  using directory = readRunDirectory(runPath(recorder));
  const [recorded] = readTrainingTrajectories(directory);
  if (recorded === undefined) throw new Error("the expert acted");
  const trajectories = [
    { ...recorded, id: "on a train task", taskId: "train-0" },
    { ...recorded, id: "on a test task", taskId: "test-0" },
    { ...recorded, id: "on an unknown task", taskId: "elsewhere" },
  ];
  let seen: string[] = [];
  const spy = method("spy", async ({ expertTrajectories, base }) => {
    seen = expertTrajectories.map(({ id }) => id);
    return base;
  });
  const config = { ...toyConfig(newFolder()), experts: [{ name: "files", trajectories }], methods: [spy] };
  const results = await runPipeline(config);
  expect(seen).toEqual(["on a train task"]);
  expect(results.experts).toMatchObject([{ name: "files", perTask: [{ taskId: "test-0" }] }]);
});

test("a task in two splits is refused", async () => {
  const config = toyConfig(newFolder());
  const environment = {
    ...doors({ train: 5, validation: 0, test: 0 }),
    tasks: () => config.environment.tasks("train"),
  };
  await expect(runPipeline({ ...config, environment })).rejects.toThrow(
    "in the training split and in the test split",
  );
});

test("a run directory of another configuration is refused with what differs", async () => {
  const folder = newFolder();
  await runPipeline(toyConfig(folder), { stopAfter: { phase: "expert" } });
  const changed = toyConfig(folder, { seed: 8, methods: [sft()] });
  await expect(runPipeline(changed)).rejects.toThrow(
    /another configuration:\n {2}seed: 7 there, 8 here\n {2}methods/,
  );
});

test("two processes cannot work in one run directory", async () => {
  const config = toyConfig(newFolder());
  const base = await config.trainer.base();
  const directory = openRunDirectory(config, base);
  await expect(runPipeline(config)).rejects.toThrow(RunLockedError);
  directory[Symbol.dispose]();
  await expect(runPipeline(config)).resolves.toBeDefined();
});

test("failed episodes are stored and counted by how they ended", async () => {
  const lame: Policy = {
    ...porter(),
    name: "lame",
    act: async (request) => {
      if (request.seed % 4 === 0) throw new Error("the server closed the connection");
      return porter().act(request);
    },
  };
  const config = toyConfig(newFolder(), { experts: [{ policy: lame }] });
  const results = await runPipeline(config);
  const facts = results.facts?.find((fact) => fact.name === "expert episodes ended by");
  expect(facts?.value).toMatch(/policy-error \d+/);
});

test("a policy that is down stops the run, and its failures are played again later", async () => {
  let down = true;
  const policy: Policy = {
    ...porter(),
    act: async (request) => {
      if (down) throw new Error("connection refused");
      return porter().act(request);
    },
  };
  const config = toyConfig(newFolder(), { experts: [{ policy }] });
  await expect(runPipeline(config)).rejects.toThrow("failed 16 episodes in a row");
  down = false;
  const results = await runPipeline(config);
  expect(results.trajectories.filter((trajectory) => trajectory.stopReason === "policy-error")).toEqual([]);
});

test("metrics and datasets stand in files beside the database", async () => {
  const config = toyConfig(newFolder());
  await runPipeline(config);
  const metrics = readFileSync(join(runPath(config), "metrics.jsonl"), "utf8")
    .trim()
    .split("\n");
  const names = new Set(metrics.map((line) => z.object({ name: z.string() }).parse(JSON.parse(line)).name));
  expect([...names]).toEqual([
    "training-loss",
    "evaluation-win-rate",
    "evaluation-reward",
    "simulations",
    "simulation-win-rate",
  ]);
  using directory = readRunDirectory(runPath(config));
  const [, first] = readMethodSelections(directory, "EEF");
  expect(first?.examples.length).toBeGreaterThan(0);
  expect(first?.examples.every(({ taskId }) => taskId.startsWith("train-"))).toBe(true);
  expect(existsSync(join(runPath(config), "checkpoints", "eef-2"))).toBe(true);
});

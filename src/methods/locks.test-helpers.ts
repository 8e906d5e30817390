import type { Environment } from "../environment/environment.ts";
import type { Policy } from "../policy/policy.ts";
import { createRandom, deriveSeed } from "../random.ts";
import { rolloutId } from "../rollout/identity.ts";
import { localExecutor } from "../rollout/local.ts";
import type { PolicyReference, TrainingExample } from "../trainer/trainer.ts";
import type { Task, Trajectory } from "../trajectory.ts";
import type { MethodContext, SimulationRequest } from "./method.ts";
import type { Selection } from "./selection.ts";
import { simulationOf } from "./simulation.ts";

/**
 * A toy world for end-to-end tests: doors with locks. Each lock shows a symbol, and the key of that symbol opens it;
 * any other key jams the lock until `shake`. When all locks are open, `push` opens the door and wins. `leave` gives up.
 */
export interface DoorTask extends Task {
  readonly symbols: readonly string[];
}

/** So many that nobody finds the right one by guessing. */
const keys = Array.from({ length: 1000 }, (_, index) => `key ${index}`);

export function keyOf(symbol: string): string {
  return keys[deriveSeed("key", symbol) % keys.length] ?? "key 0";
}

export function door(id: string, symbols: readonly string[]): DoorTask {
  return { id, split: "train", symbols };
}

export function doorEnvironment(tasks: readonly DoorTask[]): Environment<DoorTask> {
  return {
    name: "doors",
    systemPrompt: "Open the door.",
    tasks: (split) => tasks.filter((task) => task.split === split),
    async start({ symbols }) {
      let open = 0;
      let jammed = false;
      const look = () => (jammed ? "jammed" : open < symbols.length ? `lock ${symbols[open]}` : "all open");
      return {
        get observation() {
          return look();
        },
        async step(action) {
          const symbol = symbols[open];
          if (action === "leave") return { observation: "left", reward: 0, done: true, valid: true };
          if (action === "push") {
            return {
              observation: "pushed",
              reward: symbol === undefined && !jammed ? 1 : 0,
              done: true,
              valid: true,
            };
          }
          if (action === "shake") {
            jammed = false;
            return { observation: look(), reward: 0, done: false, valid: true };
          }
          const isKey = keys.includes(action);
          if (isKey && !jammed && symbol !== undefined) {
            if (action === keyOf(symbol)) open += 1;
            else jammed = true;
          }
          return { observation: look(), reward: 0, done: false, valid: isKey };
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

/** What an expert that sends these actions meets, up to the end of the episode or of the actions. */
export async function expertTrajectory(
  task: DoorTask,
  actions: readonly string[],
  id: string,
): Promise<Trajectory> {
  const policy: Policy = {
    name: "expert",
    version: "expert",
    async act({ turn }) {
      const action = actions[turn];
      const usage = { promptTokens: 0, generatedTokens: 0 };
      return action === undefined
        ? { message: "", ...usage, stop: "gave-up" }
        : { message: `Action: ${action}`, ...usage };
    },
    async [Symbol.asyncDispose]() {},
  };
  const request = { id, kind: "expert", task, seed: 0, temperature: 0, maximumSteps: 50 } as const;
  for await (const trajectory of localExecutor().run([request], {
    environment: doorEnvironment([task]),
    policy,
  })) {
    return trajectory;
  }
  throw new Error("an executor yields a trajectory for each request");
}

/** A student that remembers, for each observation, how often each message was a target. It never generalises. */
export function tabularStudent(examples: readonly TrainingExample[]): Policy {
  const counts = new Map<string, Map<string, number>>();
  for (const { messages, weights } of examples) {
    messages.forEach((message, index) => {
      const observation = messages[index - 1];
      if (weights[index] !== 1 || observation === undefined) return;
      const ofObservation = counts.get(observation.content) ?? new Map<string, number>();
      ofObservation.set(message.content, (ofObservation.get(message.content) ?? 0) + 1);
      counts.set(observation.content, ofObservation);
    });
  }
  const version = `student-${deriveSeed(JSON.stringify([...counts].map(([text, of]) => [text, ...of])))}`;
  return {
    name: "tabular student",
    version,
    async act({ messages, seed, turn, temperature }) {
      const usage = { promptTokens: 1, generatedTokens: 1 };
      const learned = [...(counts.get(messages.at(-1)?.content ?? "") ?? [])].toSorted((a, b) => b[1] - a[1]);
      const random = createRandom(deriveSeed(seed, turn));
      const likeliest = learned[0];
      if (likeliest === undefined) return { message: `Action: ${random.pick(keys)}`, ...usage };
      if (temperature === 0) return { message: likeliest[0], ...usage };
      return {
        message: random.pick(learned.flatMap(([message, count]) => Array<string>(count).fill(message))),
        ...usage,
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** A method's context in memory that keeps everything it was asked for. */
export interface RecordedContext extends MethodContext {
  readonly requests: SimulationRequest[];
  readonly trainings: { readonly from: string; readonly examples: readonly TrainingExample[] }[];
  readonly selections: Selection[];
  readonly finished: { readonly iteration: number; readonly policy: string }[];
  /** The greedy win rate of a student on these tasks. */
  winRate(reference: PolicyReference, tasks: readonly DoorTask[]): Promise<number>;
}

export function doorContext(
  tasks: readonly DoorTask[],
  expertTrajectories: readonly Trajectory[],
  runSeed = 1,
): RecordedContext {
  const environment = doorEnvironment(tasks);
  const untrained = tabularStudent([]);
  const students = new Map<string, Policy>([[untrained.version, untrained]]);
  const open = (reference: PolicyReference) => students.get(reference.version) ?? untrained;
  const reference = (policy: Policy) => ({ location: policy.version, version: policy.version });
  const requests: SimulationRequest[] = [];
  const trainings: RecordedContext["trainings"] = [];
  const selections: Selection[] = [];
  const finished: RecordedContext["finished"] = [];

  const play = async (
    policy: Policy,
    wanted: readonly SimulationRequest[],
    kind: "simulation" | "evaluation",
  ) => {
    const rollouts = wanted.map(({ task, from, sample, iteration, temperature }) => {
      const place = [task.id, from?.trajectory.id ?? "", from?.stateIndex ?? 0, sample, iteration];
      const draft = {
        kind,
        task,
        seed: deriveSeed(runSeed, ...place),
        ...(from === undefined ? {} : { from }),
        temperature,
        maximumSteps: 12,
      };
      return { ...draft, id: rolloutId(draft, policy.version) };
    });
    const results = new Map<string, Trajectory>();
    for await (const trajectory of localExecutor({ concurrency: 4 }).run(rollouts, { environment, policy })) {
      results.set(trajectory.id, trajectory);
    }
    return rollouts.flatMap(({ id }) => results.get(id) ?? []);
  };

  return {
    systemPrompt: environment.systemPrompt,
    tasks,
    expertTrajectories,
    base: reference(untrained),
    requests,
    trainings,
    selections,
    finished,
    async simulate(policy, wanted) {
      requests.push(...wanted);
      return (await play(open(policy), wanted, "simulation")).map(simulationOf);
    },
    async fineTune(from, examples) {
      trainings.push({ from: from.version, examples });
      const student = tabularStudent(examples);
      students.set(student.version, student);
      return reference(student);
    },
    async recordSelection(_, selection) {
      selections.push(selection);
    },
    async finishIteration(iteration, policy) {
      finished.push({ iteration, policy: policy.version });
    },
    async winRate(policy, held) {
      const wanted = held.map((task) => ({ task, sample: 0, iteration: 0, temperature: 0 }));
      const results = await play(open(policy), wanted, "evaluation");
      return results.filter(({ reward }) => reward === 1).length / held.length;
    },
  };
}

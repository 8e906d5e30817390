import type { Environment } from "../environment/environment.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyReference, Trainer } from "../trainer/trainer.ts";
import type { Trajectory } from "../trajectory.ts";
import { type Expert, expertName, type RunConfig } from "./config.ts";
import { hashOf } from "./identity.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The configuration as data, for `config.json`. Holds everything that determines the results and nothing else:
 * two runs of equal descriptions are the same run. Secrets do not get in: of live objects only the name, the
 * version and what their `describe()` returns are taken.
 */
export function describeConfig(config: RunConfig, base: PolicyReference): Json {
  return toJson({
    name: config.name,
    seed: config.seed,
    environment: describeEnvironment(config),
    experts: config.experts.map(describeExpert),
    trainer: { ...describeTrainer(config.trainer), base: base.version },
    methods: config.methods.map(({ name, options }) => ({ name, options })),
    tasks: config.tasks,
    rollout: { maximumSteps: config.rollout.maximumSteps },
    evaluation: config.evaluation,
  });
}

/** The tasks' hash tells environments of one name apart, such as two catalogues. */
export function describeEnvironment({
  environment,
  evaluation,
}: Pick<RunConfig, "environment" | "evaluation">) {
  return {
    name: environment.name,
    ...describedBy(environment),
    systemPrompt: hashOf(environment.systemPrompt),
    trainTasks: hashOf(environment.tasks("train")),
    evaluationTasks: hashOf(environment.tasks(evaluation.split)),
  };
}

function describeExpert(expert: Expert) {
  if ("trajectories" in expert) {
    return {
      name: expert.name,
      trajectories: expert.trajectories.length,
      hash: hashOf(...expert.trajectories.map(identityOf)),
    };
  }
  const { policy, trajectoriesPerTask, temperature } = expert;
  return {
    name: expertName(expert),
    version: policy.version,
    ...describedBy(policy),
    trajectoriesPerTask,
    temperature,
  };
}

function identityOf(trajectory: Trajectory): Json {
  return [trajectory.id, trajectory.taskId, trajectory.reward, trajectory.steps.map((step) => step.message)];
}

/** What determines the result of a fine-tuning besides its examples. */
export function describeTrainer(trainer: Trainer): { readonly [key: string]: Json } {
  return { name: trainer.name, ...describedBy(trainer) };
}

function describedBy(value: Environment | Policy | Trainer): { readonly [key: string]: Json } {
  if (value.describe === undefined) return {};
  const described = toJson(value.describe());
  return isObject(described) ? described : { description: described };
}

/** Plain JSON of anything: what JSON cannot hold is left out. */
export function toJson(value: unknown): Json {
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}

/** One of the parts of a description. */
export function partOf(description: Json, name: string): Json {
  return isObject(description) ? (description[name] ?? null) : null;
}

/** The description without one of its parts. */
export function without(description: Json, name: string): Json {
  return isObject(description) ? { ...description, [name]: null } : description;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One line for each place where two descriptions differ: "seed: 1 there, 2 here". */
export function differences(stored: Json, current: Json, path = ""): string[] {
  if (isObject(stored) && isObject(current)) {
    const keys = [...new Set([...Object.keys(stored), ...Object.keys(current)])];
    return keys.flatMap((key) =>
      differences(stored[key] ?? null, current[key] ?? null, path === "" ? key : `${path}.${key}`),
    );
  }
  if (Array.isArray(stored) && Array.isArray(current) && stored.length === current.length) {
    return stored.flatMap((item, index) => differences(item, current[index] ?? null, `${path}.${index}`));
  }
  const [there, here] = [JSON.stringify(stored), JSON.stringify(current)];
  return there === here ? [] : [`${path}: ${excerpt(there)} there, ${excerpt(here)} here`];
}

function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

import { z } from "zod";
import type { Environment } from "../environment/environment.ts";
import { ConfigurationError } from "../errors.ts";
import type { Method } from "../methods/method.ts";
import { nearest } from "../nearest.ts";
import type { Policy } from "../policy/policy.ts";
import type { Executor } from "../rollout/executor.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { type Trajectory, trajectorySchema } from "../trajectory.ts";

/** An expert that acts during the run. */
export interface PolicyExpert {
  /** In tables; that of the policy if absent. Tells two experts with one policy apart. */
  readonly name?: string | undefined;
  readonly policy: Policy;
  /** Trajectories per training task. The paper has one. */
  readonly trajectoriesPerTask: number;
  /** Sampling temperature of the expert. */
  readonly temperature: number;
}

/** An expert whose trajectories exist already. Trajectories of tasks outside the training split are never trained on. */
export interface RecordedExpert {
  readonly name: string;
  readonly trajectories: readonly Trajectory[];
}

export type Expert = PolicyExpert | RecordedExpert;

/** As it stands in tables and in the run's database. */
export function expertName(expert: Expert): string {
  return "trajectories" in expert ? expert.name : (expert.name ?? expert.policy.name);
}

const requiredName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u, "must be usable as a folder name: letters, digits, . _ -");

const policyExpertSchema = z.strictObject({
  name: z.string().min(1).optional(),
  policy: withMembers<Policy>("a Policy", ["name", "version", "act"]),
  trajectoriesPerTask: z.int().min(1).default(1),
  temperature: z.number().min(0).default(1),
});

const recordedExpertSchema = z.strictObject({
  name: z.string().min(1),
  trajectories: z.array(trajectorySchema).readonly(),
});

const configSchema = z.strictObject({
  /** The run directory is `<output>/<name>`. */
  name: requiredName,
  /** Everything random in the run follows from it. */
  seed: z.int().min(0).default(1),
  environment: withMembers<Environment>("an Environment", ["name", "systemPrompt", "tasks", "start"]),
  /** Each is checked by `parseExpert`. */
  experts: z.array(z.unknown()).min(1, "name at least one expert").readonly(),
  trainer: withMembers<Trainer>("a Trainer", ["name", "base", "train", "open"]),
  methods: z
    .array(withMembers<Method>("a Method", ["name", "options", "run"]))
    .min(1, "name at least one method")
    .readonly(),
  tasks: z
    .strictObject({
      /** Use the first so many training tasks; all if absent. */
      train: z.int().min(1).optional(),
    })
    .prefault({}),
  rollout: z
    .strictObject({
      /** Steps of a whole episode, the expert's part included. See docs/paper.md. */
      maximumSteps: z.int().min(1).default(15),
      /** Episodes in flight at once. Does not change any result. */
      concurrency: z.int().min(1).default(64),
    })
    .prefault({}),
  evaluation: z
    .strictObject({
      /** Held-out tasks; none of them is ever trained on. */
      split: z.enum(["test", "validation"]).default("test"),
      /** Use the first so many of them; all if absent. */
      tasks: z.int().min(1).optional(),
      /** 0 is greedy, as usual for the benchmark. */
      temperature: z.number().min(0).default(0),
      /** Evaluate each method's last student only, or the student of every iteration. */
      iterations: z.enum(["last", "all"]).default("last"),
    })
    .prefault({}),
  /** Folder of run directories, relative to where the command is run. */
  output: z.string().min(1).default("runs"),
  /** A run directory whose experts' episodes are taken over, where they are the same. Does not change any result. */
  reuse: z.string().min(1).optional(),
  /** Plays the episodes; the local one if absent. */
  executor: withMembers<Executor>("an Executor", ["run"]).optional(),
  /** How long the whole run takes on the author's machine, for the first line of `eef run`. */
  expectedMinutes: z.number().positive().optional(),
});

/** What a user writes. Every field but `name`, `environment`, `experts`, `trainer` and `methods` has a default. */
export type EefConfig = Omit<z.input<typeof configSchema>, "experts"> & {
  readonly experts: readonly (
    | {
        readonly policy: Policy;
        readonly name?: string | undefined;
        readonly trajectoriesPerTask?: number;
        readonly temperature?: number;
      }
    | RecordedExpert
  )[];
};

/** A configuration with every default filled in. */
export type RunConfig = Readonly<Omit<z.output<typeof configSchema>, "experts">> & {
  readonly experts: readonly Expert[];
};

/** What the command line passes to a configuration that is a function. */
export interface ConfigArguments {
  /** `--seed`, where given. */
  readonly seed?: number;
  /** `--data`, where given: a folder of data files. */
  readonly data?: string;
}

export type ConfigFunction = (given: ConfigArguments) => EefConfig | Promise<EefConfig>;

/**
 * The default export of an `eef.config.ts`. Checks an object at once, so that a mistake is reported with the
 * file's own line; a function is called by the command line and checked then.
 *
 * @throws ConfigurationError for an unknown key (with the nearest known one), or a value of the wrong kind.
 */
export function defineConfig(config: EefConfig): RunConfig;
export function defineConfig(config: ConfigFunction): ConfigFunction;
export function defineConfig(config: EefConfig | ConfigFunction): RunConfig | ConfigFunction {
  return typeof config === "function" ? config : resolveConfig(config);
}

/** Checks a configuration and fills in the defaults. `source` names it in errors. */
export function resolveConfig(input: unknown, source = "the configuration"): RunConfig {
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) throw configurationError(parsed.error, source);
  const config = parsed.data;
  refuseTwins(config.methods.map((method) => method.name));
  const experts = config.experts.map((expert, index) => parseExpert(expert, ["experts", index], source));
  refuseTwinExperts(experts);
  return { ...config, experts };
}

/** A method's name as part of a file name: "RFT x6" is "rft-x6". */
export function methodSlug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
}

function refuseTwins(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const slug = methodSlug(name);
    if (slug === "")
      throw new ConfigurationError(`A method's name must hold a letter or a digit, not ${name}.`);
    const other = seen.get(slug);
    if (other !== undefined) {
      throw new ConfigurationError(`Two methods are called "${other}" and "${name}".`, {
        hint: 'Their results would overwrite each other: give one of them another name, such as eef({ name: "EEF, M = 1" }).',
      });
    }
    seen.set(slug, name);
  }
}

function refuseTwinExperts(experts: readonly Expert[]): void {
  const names = new Set<string>();
  const owners = new Map<string, string>();
  for (const expert of experts) {
    const name = expertName(expert);
    if (names.has(name)) {
      throw new ConfigurationError(`Two experts are called "${name}".`, {
        hint: 'Their results would be taken for those of one: give each its own name, as in { name: "careful", policy } or recordedExpert({ file, name }).',
      });
    }
    names.add(name);
    if (!("trajectories" in expert)) continue;
    for (const { id } of expert.trajectories) {
      const other = owners.get(id);
      if (other !== undefined) {
        const whose = other === name ? `"${name}" twice has` : `both "${other}" and "${name}" have`;
        throw new ConfigurationError(`Of the recorded experts ${whose} a trajectory "${id}".`, {
          hint: "Ids tell trajectories apart: give every episode its own, or leave the copy out.",
        });
      }
      owners.set(id, name);
    }
  }
}

function parseExpert(value: unknown, path: readonly PropertyKey[], source: string): Expert {
  const recorded = typeof value === "object" && value !== null && "trajectories" in value;
  if (recorded) {
    const parsed = recordedExpertSchema.safeParse(value);
    if (!parsed.success) throw configurationError(parsed.error, source, path);
    return parsed.data;
  }
  const parsed = policyExpertSchema.safeParse(value);
  if (!parsed.success) throw configurationError(parsed.error, source, path);
  return parsed.data;
}

/** Accepts a live object by its members; its values are checked by TypeScript, not here. */
function withMembers<T>(what: string, members: readonly string[]) {
  return z.custom<T>(
    (value) => typeof value === "object" && value !== null && members.every((member) => member in value),
    `expected ${what} (an object with ${members.join(", ")})`,
  );
}

function configurationError(
  error: z.ZodError,
  source: string,
  parent: readonly PropertyKey[] = [],
): ConfigurationError {
  const issue = error.issues[0];
  const path = [...parent, ...(issue?.path ?? [])];
  const place = path.length === 0 ? "" : ` at ${path.join(".")}`;
  if (issue?.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = knownKeys(path);
    const suggestion = nearest(key, known);
    const list = `Known keys are ${known.join(", ")}.`;
    return new ConfigurationError(`${source}${place} has an unknown key "${key}".`, {
      hint: suggestion === undefined ? list : `Did you mean "${suggestion}"? ${list}`,
    });
  }
  return new ConfigurationError(`${source}${place}: ${issue?.message ?? "invalid"}.`, {
    hint: "docs/configuration.md lists every key, its meaning and its default.",
  });
}

/** The keys that a strict object of the schema knows at this path. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  const [first, , field] = path;
  if (first === undefined) return Object.keys(configSchema.shape);
  if (first === "experts" && field === undefined) {
    return [...Object.keys(policyExpertSchema.shape), ...Object.keys(recordedExpertSchema.shape)];
  }
  if (first === "tasks" || first === "rollout" || first === "evaluation") {
    return Object.keys(configSchema.shape[first].unwrap().shape);
  }
  return first === "experts" ? Object.keys(trajectorySchema.shape) : [];
}

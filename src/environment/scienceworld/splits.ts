import { ConfigurationError } from "../../errors.ts";
import { type Split, splitSchema, type Task } from "../../trajectory.ts";
import { agentTuningVariations } from "./agent-tuning-variations.ts";
import { checkOptions, suggestion, taskSelectionSchema } from "./options.ts";
import { type TaskKind, taskKinds } from "./task-kinds.ts";

export interface ScienceWorldTask extends Task {
  /** The simulator's name of the task, such as "boil". */
  readonly task: string;
  readonly variation: number;
}

export interface TaskSelection {
  /**
   * `agent-tuning` (the default): 24 tasks, at most 120 variations a task for training and 10 for validation and test.
   * `official`: all variations of all 30 tasks, in the benchmark's own blocks.
   */
  readonly splits?: "agent-tuning" | "official";
  /** Only these, by name ("boil") or number ("1-1"). */
  readonly tasks?: readonly string[];
  /** At most so many variations of each task, the first ones. */
  readonly variationsPerTask?: Readonly<Partial<Record<Split, number>>>;
  /** `leave-out` drops validation tasks that are training tasks too. `keep` (the default) is the protocol. */
  readonly leaked?: "keep" | "leave-out";
}

/**
 * The tasks of each split. Those of different kinds take turns, so that the first ones of a split are of all kinds.
 *
 * @throws ConfigurationError for a task that the benchmark, or the protocol, does not have, and for what is no selection
 */
export function selectTasks(selection: TaskSelection = {}): Readonly<Record<Split, ScienceWorldTask[]>> {
  checkOptions("selectTasks", taskSelectionSchema, selection);
  const { splits = "agent-tuning", variationsPerTask = {}, leaked = "keep" } = selection;
  const kinds = selectKinds(splits, selection.tasks);
  const ofSplit = (split: Split): ScienceWorldTask[] => {
    const lists = kinds.map((kind) => ({ kind, numbers: variationsOf(kind, split, splits) }));
    const longest = Math.max(0, ...lists.map(({ numbers }) => numbers.length));
    const most = Math.min(longest, variationsPerTask[split] ?? longest);
    return Array.from({ length: most }, (_, turn) => turn).flatMap((turn) =>
      lists.flatMap(({ kind, numbers }) => {
        const variation = numbers[turn];
        return variation === undefined ? [] : [taskOf(split, kind, variation)];
      }),
    );
  };
  const train = ofSplit("train");
  const validation = ofSplit("validation");
  const shared = new Set(leakedPairs({ train, validation }).map(pairOf));
  return {
    train,
    validation: leaked === "keep" ? validation : validation.filter((task) => !shared.has(pairOf(task))),
    test: ofSplit("test"),
  };
}

/** The held-out tasks that are training tasks too: the same variation of the same task. */
export function leakedPairs(
  tasks: Readonly<Partial<Record<Split, readonly ScienceWorldTask[]>>>,
): readonly ScienceWorldTask[] {
  const trained = new Set((tasks.train ?? []).map(pairOf));
  return splitSchema.options
    .filter((split) => split !== "train")
    .flatMap((split) => (tasks[split] ?? []).filter((task) => trained.has(pairOf(task))));
}

/** Steps that an episode of this task may have under the agent-tuning protocol; as usual elsewhere, 100, if it has none. */
export function stepLimitOf(task: string): number {
  return taskKinds.find(({ name }) => name === task)?.steps ?? 100;
}

function pairOf({ task, variation }: ScienceWorldTask): string {
  return `${task} ${variation}`;
}

function taskOf(split: Split, { name }: TaskKind, variation: number): ScienceWorldTask {
  return { id: `scienceworld-${split}-${name}-${variation}`, split, group: name, task: name, variation };
}

function selectKinds(splits: string, wanted: readonly string[] | undefined): readonly TaskKind[] {
  const offered = splits === "official" ? taskKinds : taskKinds.filter(({ steps }) => steps !== undefined);
  for (const name of wanted ?? []) {
    if (offered.some((kind) => kind.name === name || kind.id === name)) continue;
    const isLeftOut = taskKinds.some((kind) => kind.name === name || kind.id === name);
    throw new ConfigurationError(
      isLeftOut
        ? `The agent-tuning protocol leaves out the task "${name}".`
        : `ScienceWorld has no task "${name}".`,
      {
        hint: isLeftOut
          ? 'With splits: "official" it is there.'
          : `${suggestion(
              name,
              offered.map((kind) => kind.name),
            )}It has ${offered.map((kind) => kind.name).join(", ")}.`,
      },
    );
  }
  return offered.filter(({ name, id }) => wanted?.some((each) => each === name || each === id) ?? true);
}

function variationsOf({ name, variations }: TaskKind, split: Split, splits: string): readonly number[] {
  if (splits === "agent-tuning") return parseRanges(agentTuningVariations[name]?.[split] ?? "");
  const [train, validation, test] = variations;
  const blocks = {
    train: [0, train],
    validation: [train, train + validation],
    test: [train + validation, train + validation + test],
  } as const;
  const [from, to] = blocks[split];
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** "0-2 7" is 0, 1, 2, 7. */
function parseRanges(text: string): readonly number[] {
  return text
    .split(" ")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [from = 0, to = from] = part.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
}

import type { SubCommandsDef } from "citty";

/** Any command of citty's. */
export type Command = Exclude<SubCommandsDef[string], Promise<unknown> | (() => unknown)>;

/** What a command's file exports. */
export interface CommandModule {
  readonly default: Command;
  /** Lines for `--help`. */
  readonly examples?: readonly string[];
}

/** Every command, with its one-line description. A command's file is loaded only when it is called. */
export const commands: Readonly<
  Record<string, { readonly description: string; readonly load: () => Promise<CommandModule> }>
> = {
  run: {
    description: "Run a configuration: experts, every method, evaluation, results",
    load: () => import("./run.ts"),
  },
  expert: { description: "Only collect the experts' trajectories", load: () => import("./expert.ts") },
  explore: {
    description: "Run one method up to an iteration's simulations",
    load: () => import("./explore.ts"),
  },
  select: { description: "Run one method up to an iteration's selection", load: () => import("./select.ts") },
  train: { description: "Run one method up to an iteration's fine-tuning", load: () => import("./train.ts") },
  evaluate: {
    description: "Run one method up to an iteration's evaluation",
    load: () => import("./evaluate.ts"),
  },
  compare: {
    description: "Compare the methods of several runs (seeds) in one table",
    load: () => import("./compare.ts"),
  },
  explain: {
    description: "Show what became of every expert action of a task, and why",
    load: () => import("./explain.ts"),
  },
  doctor: { description: "Check that this machine can run eef", load: () => import("./doctor.ts") },
};

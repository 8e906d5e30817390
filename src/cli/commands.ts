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
  estimate: {
    description: "Tell what a configuration will take: episodes, steps, tokens, hours, costs",
    load: () => import("./estimate.ts"),
  },
  compare: {
    description: "Compare the methods of several runs (seeds) in one table",
    load: () => import("./compare.ts"),
  },
  explain: {
    description: "Show what became of every expert action of a task, and why",
    load: () => import("./explain.ts"),
  },
  report: {
    description: "Write a run's report.html again, with this version of eef",
    load: () => import("./report.ts"),
  },
  pretrain: {
    description: "Pretrain the embedded student's base checkpoint",
    load: () => import("./pretrain.ts"),
  },
  chat: { description: "Talk to a checkpoint in the terminal", load: () => import("./chat.ts") },
  serve: {
    description: "Offer a checkpoint as an OpenAI-compatible server",
    load: () => import("./serve.ts"),
  },
  webshop: {
    description: "Check WebShop's files: replay episodes, look at splits",
    load: () => import("./webshop.ts"),
  },
  scienceworld: {
    description: "Install ScienceWorld's simulator, replay recorded episodes on it",
    load: () => import("./scienceworld.ts"),
  },
  import: {
    description: "Bring recorded trajectories of another format into this project's own",
    load: () => import("./import.ts"),
  },
  export: {
    description: "Write what a method trains on as another trainer's dataset, or trajectories as ATIF",
    load: () => import("./export.ts"),
  },
  preview: {
    description: "Show which tokens of training examples are trained on, and why",
    load: () => import("./preview.ts"),
  },
  summary: {
    description: "Tell what files of trajectories hold",
    load: () => import("./summary.ts"),
  },
  doctor: { description: "Check that this machine can run eef", load: () => import("./doctor.ts") },
};

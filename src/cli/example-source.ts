import { readdirSync, statSync } from "node:fs";
import { ConfigurationError } from "../errors.ts";
import type { UnflaggedTargets } from "../export/foreign-example.ts";
import { methodSlug } from "../run/config.ts";
import { readRunDirectory } from "../run/run-directory.ts";
import { readNumberArgument } from "./number-argument.ts";

/** Options of the commands that take training examples from a run or a file. */
export const exampleSourceArguments = {
  source: {
    type: "positional",
    required: true,
    description: "A run directory, or a file of examples; - is standard input",
  },
  method: { type: "string", description: "Of a run: the method (default EEF)", valueHint: "METHOD" },
  iteration: {
    type: "string",
    description: "Of a run: the iteration (default the last one; 0 is behaviour cloning)",
    valueHint: "N",
  },
  train: {
    type: "string",
    description:
      "Of rows that do not say what is trained on: all messages of the assistant (default), or the last",
    valueHint: "all|last",
  },
} as const;

/** @throws ConfigurationError for anything but `all` and `last`. */
export function unflaggedTargets(train: string | undefined): UnflaggedTargets {
  if (train === undefined || train === "all" || train === "last") return train ?? "all";
  throw new ConfigurationError(`--train takes all or last, not ${JSON.stringify(train)}.`);
}

/**
 * The file of examples that a command line names: itself, or what a run's method trained on in an iteration.
 * @throws ConfigurationError if the run has no such dataset.
 */
export function exampleFile(options: {
  readonly source: string;
  readonly method?: string | undefined;
  readonly iteration?: string | undefined;
}): string {
  const { source, method = "EEF", iteration } = options;
  if (!isDirectory(source)) {
    if (options.method !== undefined || iteration !== undefined) {
      throw new ConfigurationError(`${source} is a file: it has no methods and iterations.`, {
        hint: "Leave --method and --iteration out, or name a run directory.",
      });
    }
    return source;
  }
  using directory = readRunDirectory(source);
  const datasets = readdirSync(directory.file("datasets")).flatMap((name) => {
    const match = /^(.+)-(\d+)\.jsonl$/.exec(name);
    return match?.[1] === undefined ? [] : [{ name, slug: match[1], iteration: Number(match[2]) }];
  });
  const own = datasets.filter(({ slug }) => slug === methodSlug(method));
  const wanted =
    readNumberArgument("iteration", iteration, { integer: true, least: 0 }) ??
    Math.max(...own.map((each) => each.iteration));
  const found = own.find((each) => each.iteration === wanted);
  if (found === undefined) {
    const known = datasets.map((each) => `${each.slug} ${each.iteration}`);
    throw new ConfigurationError(
      `${source} has no dataset of "${method}"${iteration === undefined ? "" : ` in iteration ${iteration}`}.`,
      { hint: known.length === 0 ? "No method has got that far yet." : `It has ${known.join(", ")}.` },
    );
  }
  return directory.file("datasets", found.name);
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

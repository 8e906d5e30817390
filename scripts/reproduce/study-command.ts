import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { onInterrupt } from "../../src/cli/interrupt.ts";
import { terminalProgress } from "../../src/cli/progress.ts";
import { ConfigurationError, EefError } from "../../src/errors.ts";
import { writeFileAtomically } from "../../src/files.ts";
import { InterruptedError } from "../../src/run/errors.ts";
import { studyDocument } from "./document.ts";
import { readStudyResults } from "./results.ts";
import { runStudy } from "./run-study.ts";
import type { Study } from "./study.ts";

/** What the commands of all studies take. */
export const studyOptions = {
  /** Each is a run of its own. */
  seeds: { type: "string" },
  /** Names as in the tables, in small letters and with hyphens; all if absent. */
  methods: { type: "string" },
  /** Folder of the results. */
  out: { type: "string", default: "docs/results" },
  /** Folder of the run directories. */
  output: { type: "string" },
  "report-only": { type: "boolean", default: false },
} as const;

/** What is asked of a study, as its options say it. */
export interface AskedOfStudy {
  readonly seeds: readonly number[];
  readonly methods?: readonly string[];
  readonly out: string;
  readonly reportOnly: boolean;
}

export interface StudyCommand extends AskedOfStudy {
  readonly study: Study;
  /** Name of the files of results, without their endings. */
  readonly name: string;
  /** What a reader types to get them. */
  readonly command: string;
  readonly signal: AbortSignal;
}

/**
 * Runs the script of a study, and ends the process with the exit code that it gives. What its user got wrong, and an interruption,
 * are told without a trace of calls.
 */
export async function runStudyScript(main: (signal: AbortSignal) => Promise<number>): Promise<never> {
  try {
    process.exitCode = await main(onInterrupt());
  } catch (error) {
    if (!(error instanceof EefError)) throw error;
    console.error(`${error.message}\n${error.hint ?? ""}`);
    process.exitCode = error instanceof InterruptedError ? 130 : 1;
  }
  // An open session of the tensor engine must not keep the process alive.
  process.exit();
}

/** Does the work of a study, and writes what there is after every seed. Returns the exit code. */
export async function runStudyCommand(asked: StudyCommand): Promise<number> {
  const { study, name, command, seeds, methods, out } = asked;
  const writeResults = () => {
    const results = readStudyResults(study, seeds);
    mkdirSync(out, { recursive: true });
    const file = join(out, name);
    writeFileAtomically(`${file}.json`, `${JSON.stringify({ command, ...results }, null, 2)}\n`);
    writeFileAtomically(`${file}.md`, studyDocument(study, results, command));
    const all = results.finished + results.unfinished.length;
    console.error(`${results.finished} of ${all} results in ${relative("", file)}.md`);
  };
  if (asked.reportOnly) {
    writeResults();
    return 0;
  }
  const failures = await runStudy(study, {
    seeds,
    ...(methods === undefined ? {} : { methods }),
    progress: terminalProgress(),
    signal: asked.signal,
    onSeedFinished: writeResults,
  });
  writeResults();
  for (const failure of failures) console.error(`Failed: ${failure.message}\n${failure.hint ?? ""}`);
  return failures.length === 0 ? 0 : 1;
}

/** `parseArgs`, with the project's own error. */
export function parseStudyOptions<
  const Options extends NonNullable<Parameters<typeof parseArgs>[0]>["options"],
>(options: Options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    // Node's message names the option, and how to write it.
    throw new ConfigurationError(error instanceof Error ? error.message : String(error), {
      hint: `The options are ${Object.keys(options ?? {})
        .map((option) => `--${option}`)
        .join(", ")}.`,
    });
  }
}

/** What the values of `studyOptions` ask for. */
export function askedOfStudy(values: {
  readonly seeds: string;
  readonly methods?: string | undefined;
  readonly out: string;
  readonly "report-only": boolean;
}): AskedOfStudy {
  return {
    seeds: values.seeds.split(",").map((part) => parseSeed("--seeds", part)),
    ...(values.methods === undefined ? {} : { methods: values.methods.split(",") }),
    out: values.out,
    reportOnly: values["report-only"],
  };
}

export function parseSeed(option: string, text: string): number {
  const seed = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new ConfigurationError(`${option} takes integers of at least 0, not "${text}".`);
}

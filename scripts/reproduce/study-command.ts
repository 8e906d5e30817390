import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { terminalProgress } from "../../src/cli/progress.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { writeFileAtomically } from "../../src/files.ts";
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

export interface StudyCommand {
  readonly study: Study;
  /** Name of the files of results, without their endings. */
  readonly name: string;
  /** What a reader types to get them. */
  readonly command: string;
  readonly seeds: readonly number[];
  readonly methods?: readonly string[];
  readonly out: string;
  readonly reportOnly: boolean;
  readonly signal: AbortSignal;
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

export function parseSeeds(option: string, text: string): readonly number[] {
  return text.split(",").map((part) => parseSeed(option, part));
}

export function parseSeed(option: string, text: string): number {
  const seed = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new ConfigurationError(`${option} takes integers of at least 0, not "${text}".`);
}

/**
 * Runs the comparison of the methods and the ablations over several seeds, and writes what was found to docs/results.
 * It takes hours. Stopped in any way and started again, it continues; the results are written after every seed.
 *
 *     npm run reproduce
 *     npm run reproduce -- --seeds 1,2,3 --methods sft,rft-x6,eef
 *     npm run reproduce -- --report-only      # write the results of what there is, and run nothing
 *
 * Several processes may share the work, each with seeds of its own; --report-only with all seeds then puts the
 * results together. `eef explain` and `eef compare` work on the run directories as on any other.
 */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { onInterrupt } from "../src/cli/interrupt.ts";
import { terminalProgress } from "../src/cli/progress.ts";
import { ConfigurationError, EefError } from "../src/errors.ts";
import { writeFileAtomically } from "../src/files.ts";
import { InterruptedError } from "../src/run/errors.ts";
import { studyDocument } from "./reproduce/document.ts";
import { readStudyResults } from "./reproduce/results.ts";
import { runStudy } from "./reproduce/run-study.ts";
import { webshopStudy } from "./reproduce/webshop-study.ts";

const options = {
  /** Each is a run with a catalogue of its own. */
  seeds: { type: "string", default: "1,2,3,4,5" },
  /** Names as in the tables, in small letters and with hyphens; all if absent. */
  methods: { type: "string" },
  /** Folder of the results. */
  out: { type: "string", default: "docs/results" },
  /** Folder of the run directories. */
  output: { type: "string", default: "runs/reproduce" },
  /** One catalogue for all seeds, by its seed. */
  catalogue: { type: "string" },
  "report-only": { type: "boolean", default: false },
} as const;

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof EefError)) throw error;
  console.error(`${error.message}\n${error.hint ?? ""}`);
  process.exitCode = error instanceof InterruptedError ? 130 : 1;
}
// An open session of the tensor engine must not keep the process alive.
process.exit();

async function main(): Promise<number> {
  const values = parseOptions();
  const seeds = values.seeds.split(",").map((text) => parseSeed("--seeds", text));
  const catalogue = values.catalogue === undefined ? undefined : parseSeed("--catalogue", values.catalogue);
  const study = webshopStudy({
    output: values.output,
    ...(catalogue === undefined ? {} : { catalogueSeed: catalogue }),
  });
  const name = catalogue === undefined ? "reproduce" : `reproduce-catalogue-${catalogue}`;
  const command = `npm run reproduce -- --seeds ${seeds.join(",")}${catalogue === undefined ? "" : ` --catalogue ${catalogue}`}`;
  const writeResults = () => {
    const results = readStudyResults(study, seeds);
    mkdirSync(values.out, { recursive: true });
    const file = join(values.out, name);
    writeFileAtomically(`${file}.json`, `${JSON.stringify({ command, ...results }, null, 2)}\n`);
    writeFileAtomically(`${file}.md`, studyDocument(study, results, command));
    const all = results.finished + results.unfinished.length;
    console.error(`${results.finished} of ${all} results in ${relative("", file)}.md`);
  };

  if (values["report-only"]) {
    writeResults();
    return 0;
  }
  const progress = terminalProgress();
  const failures = await runStudy(study, {
    seeds,
    ...(values.methods === undefined ? {} : { methods: values.methods.split(",") }),
    progress,
    signal: onInterrupt(),
    onSeedFinished: writeResults,
  });
  writeResults();
  for (const failure of failures) console.error(`Failed: ${failure.message}\n${failure.hint ?? ""}`);
  return failures.length === 0 ? 0 : 1;
}

function parseOptions() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    // Node's message names the option, and how to write it.
    throw new ConfigurationError(error instanceof Error ? error.message : String(error), {
      hint: `The options are ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(", ")}.`,
    });
  }
}

function parseSeed(option: string, text: string): number {
  const seed = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new ConfigurationError(`${option} takes integers of at least 0, not "${text}".`);
}

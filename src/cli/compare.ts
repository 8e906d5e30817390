import { existsSync, realpathSync } from "node:fs";
import { defineCommand } from "citty";
import { ConfigurationError, EefError } from "../errors.ts";
import { readResults } from "../run/results.ts";
import { readRunDirectory } from "../run/run-directory.ts";
import { printResults } from "./print-results.ts";

export const examples = [
  "eef compare runs/webshop-seed-1 runs/webshop-seed-2",
  'eef compare runs/webshop-seed-* --baseline "RFT x6" --json',
];

export default defineCommand({
  meta: { description: "Compare the methods of one or several runs, paired by seed and task" },
  args: {
    runs: { type: "positional", description: "Run directories; name as many as there are" },
    baseline: { type: "string", description: "The method the others are compared with", valueHint: "METHOD" },
    json: { type: "boolean", description: "Print the table as JSON" },
  },
  run: ({ args }) => {
    if (args._.length === 0) throw new EefError("Name at least one run directory.");
    const runs = differentRuns(args._).map((path) => {
      using directory = readRunDirectory(path);
      return { path, results: readResults(directory) };
    });
    const [first] = runs;
    const other = runs.find(({ results }) => results.environment !== first?.results.environment);
    if (first !== undefined && other !== undefined) {
      throw new ConfigurationError(
        `${first.path} is a run in ${first.results.environment}, ${other.path} one in ${other.results.environment}.`,
        { hint: "Their win rates do not belong into one table: compare runs of one environment." },
      );
    }
    printResults(
      runs.map(({ results }) => results),
      { json: args.json ?? false, baseline: args.baseline },
    );
  },
});

/** Each run once, be it named twice or through a link, as `runs/*` names the latest one. */
function differentRuns(paths: readonly string[]): string[] {
  const seen = new Map<string, string>();
  return paths.filter((path) => {
    const place = existsSync(path) ? realpathSync(path) : path;
    const other = seen.get(place);
    if (other === undefined) {
      seen.set(place, path);
      return true;
    }
    console.error(`${path} is the same run as ${other}, and counted once.`);
    return false;
  });
}

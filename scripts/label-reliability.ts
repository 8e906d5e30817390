/**
 * Tells how far a label of one simulation can be trusted: of states that were simulated several times, each simulation
 * is taken in turn for the only one, and the others are asked.
 *
 *     npm run reproduce -- --methods repeated     # the runs: three simulations of each state
 *     npx node scripts/label-reliability.ts runs/reproduce/repeated-seed-* > docs/results/label-reliability.md
 */
import process from "node:process";
import { ConfigurationError, EefError } from "../src/errors.ts";
import { decimal, percent, signedPercentInterval } from "../src/report/number-format.ts";
import { markdownTable } from "../src/report/text-table.ts";
import { readSelections } from "../src/run/database/selections.ts";
import { readRunDirectory } from "../src/run/run-directory.ts";
import { measureLabels } from "./label-reliability/measure.ts";

try {
  console.log(document(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof EefError)) throw error;
  console.error(`${error.message}\n${error.hint ?? ""}`);
  process.exitCode = 1;
}

function document(paths: readonly string[]): string {
  if (paths.length === 0) throw new ConfigurationError("Name the run directories to measure.");
  const rows = measureLabels(paths.map(readLabels));
  const table = markdownTable(
    [
      { title: "label by one simulation", align: "left" },
      { title: "segments", align: "right" },
      { title: "wins before", align: "right" },
      { title: "wins after", align: "right" },
      { title: "change [95%]", align: "right" },
      { title: "same label again", align: "right" },
    ],
    rows.map(({ label, before, segments, winsBefore, winsAfter, change, repeated }) => [
      label === "neutral" ? `neutral (${before === "win" ? "won" : "lost"} twice)` : label,
      decimal(segments, 0),
      `${percent(winsBefore)}%`,
      `${percent(winsAfter)}%`,
      signedPercentInterval(change),
      `${percent(repeated)}%`,
    ]),
  );
  return `# How far one simulation's labels can be trusted

\`\`\`sh
npx node scripts/label-reliability.ts ${paths.join(" ")}
\`\`\`

The student after behaviour cloning was put several times into each simulated state of the expert's failures. Each simulation
in turn stands for the single one that EEF makes, and labels the segments; _wins before_ and _wins after_ are the shares of
the **other** simulations that won from the state before and after a segment, _change_ is their difference in points, and
_same label again_ is how often another pair of simulations gives that label. _segments_ is an average over the simulations.

${table}`;
}

/** The labels of the run's only method that explores, in its first iteration. */
function readLabels(path: string) {
  using directory = readRunDirectory(path);
  const selection = readSelections(directory.database).find(({ iteration }) => iteration === 1);
  if (selection === undefined) throw new ConfigurationError(`${path} has no labels yet.`);
  const labels = selection.trajectories.filter(({ states }) => states.length > 1);
  if (labels.some(({ states }) => states.some(({ simulations }) => simulations.length < 2))) {
    throw new ConfigurationError(`${path} has one simulation a state: there is nothing to compare it with.`, {
      hint: "Run a method with simulationsPerState of at least 2.",
    });
  }
  return labels;
}

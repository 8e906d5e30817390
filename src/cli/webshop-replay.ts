import { readFileSync } from "node:fs";
import { defineCommand } from "citty";
import {
  type Difference,
  loadCatalogue,
  openShop,
  parseRecordedEpisodes,
  type RecordedEpisode,
  type ReplayReport,
  replayEpisodes,
  replayFields,
} from "../environment/webshop/index.ts";
import { EefError, InvalidFileError } from "../errors.ts";
import { expectedAndReceived } from "./replay-difference.ts";

export const webshopReplayCommand = defineCommand({
  meta: { description: "Play recorded WebShop episodes again and compare every step" },
  args: {
    data: {
      type: "string",
      description: "Directory with the benchmark's files that the episodes were recorded on",
      valueHint: "DIR",
      required: true,
    },
    files: { type: "positional", description: "Files of recorded episodes; name as many as there are" },
    json: { type: "boolean", description: "Print the counts and first differences as JSON" },
  },
  run: ({ args }) => {
    const shop = openShop(loadCatalogue(args.data));
    const reports = args._.map((file) => ({ file, ...replayEpisodes(shop, readEpisodes(file)) }));
    console.log(
      args.json
        ? JSON.stringify(reports, null, 2)
        : reports.map((report) => describeReport(report)).join("\n"),
    );
    const unfaithful = reports.filter(({ faithful }) => !faithful);
    if (unfaithful.length > 0) {
      throw new EefError(`The replay differs from ${unfaithful.map(({ file }) => file).join(", ")}.`, {
        hint: "Is --data the catalogue that the episodes were recorded on?",
      });
    }
  },
});

function readEpisodes(file: string): readonly RecordedEpisode[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new InvalidFileError(file, "the file", `cannot be read as JSON: ${String(cause)}`, { cause });
  }
  return parseRecordedEpisodes(value, file);
}

const fieldNames: Partial<Record<string, string>> = {
  rewardDependentOnTagger: "reward where it depends on the noun tagger",
};

/** One line with the counts, and a line for each field's first difference. */
function describeReport({ file, episodes, steps, fields }: ReplayReport & { readonly file: string }): string {
  const named = replayFields.map((field) => ({ name: fieldNames[field] ?? field, ...fields[field] }));
  const counts = named.map(({ name, matches, total }) => `${name} ${matches}/${total}`).join(", ");
  const differences = named.flatMap(({ name, firstDifference }) =>
    firstDifference === undefined ? [] : [describeDifference(name, firstDifference)],
  );
  return [
    `${file}: ${episodes} episodes, ${steps} steps and their first pages: ${counts}`,
    ...differences,
  ].join("\n");
}

function describeDifference(
  field: string,
  { episode, step, action, expected, received }: Difference,
): string {
  const after = action === undefined ? "on the first page" : `after step ${step}, ${action}`;
  return `  first difference of ${field}: episode ${episode}, ${after}\n${expectedAndReceived(expected, received)}`;
}

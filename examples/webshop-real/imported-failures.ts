/**
 * What becomes of LLM episodes that were recorded elsewhere, in the shop of the benchmark's 1,000 products:
 *
 *     npx node examples/webshop-real/imported-failures.ts --data DIR [--student CHECKPOINT] [--json] FILE...
 *
 * DIR has the benchmark's files; FILE holds episodes in any format that `eef import` reads. With a student (a checkpoint's
 * directory) the restored episodes are simulated from and labelled; without one the counts end at the replay.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import {
  ConfigurationError,
  createEmbeddedPolicy,
  EefError,
  type ImportedTrajectory,
  loadCatalogue,
  readTrajectories,
} from "../../src/index.ts";
import { labelEpisodes, restoreInShop } from "./imported-episodes.ts";
import { formatImportedFailures, type ImportedFailures, summarise } from "./imported-summary.ts";

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { data: { type: "string" }, student: { type: "string" }, json: { type: "boolean" } },
  });
  if (values.data === undefined || positionals.length === 0) {
    throw new ConfigurationError("expected --data DIR and at least one file of episodes", {
      hint: "npx node examples/webshop-real/imported-failures.ts --data DIR [--student CHECKPOINT] [--json] FILE...",
    });
  }
  const summary = await importFailures(values.data, positionals, values.student);
  console.log(values.json ? JSON.stringify(summary, null, 2) : formatImportedFailures(summary));
}

/** Reads, restores, replays and, with a student's checkpoint, labels. */
async function importFailures(
  data: string,
  files: readonly string[],
  studentDirectory: string | undefined,
): Promise<ImportedFailures> {
  const imported: ImportedTrajectory[] = [];
  for (const file of files) {
    for await (const episode of readTrajectories(file)) imported.push(episode);
  }
  const restored = await restoreInShop(imported, loadCatalogue(data));
  if (studentDirectory === undefined) return summarise(restored);
  await using student = await createEmbeddedPolicy({ directory: studentDirectory, maximumNewTokens: 320 });
  return summarise(restored, await labelEpisodes(restored, { student }));
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof EefError)) throw error;
  console.error(error.hint === undefined ? error.message : `${error.message}\n${error.hint}`);
  process.exitCode = 1;
});

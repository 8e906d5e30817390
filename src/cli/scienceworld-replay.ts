import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { defineCommand } from "citty";
import { openJar } from "../environment/scienceworld/install/jar-files.ts";
import {
  parseRecordedEpisodes,
  type RecordedEpisode,
  type ReplayDifference,
  type ReplayReport,
  replayEpisodes,
  replayFields,
} from "../environment/scienceworld/replay.ts";
import { defaultPoolSize, simulatorPool } from "../environment/scienceworld/simulator-pool.ts";
import { EefError, InvalidFileError } from "../errors.ts";
import { InterruptedError } from "../run/errors.ts";
import { onInterrupt } from "./interrupt.ts";
import { readNumberArgument } from "./number-argument.ts";
import { terminalProgress } from "./progress.ts";
import { expectedAndReceived } from "./replay-difference.ts";

/** A file that unpacks to more is none of recorded episodes. */
const longestText = 2 ** 29;
/** What is expected of a jar that is none of the published ones. */
const everything = { openings: 1, observations: 1, scores: 1 };

export const scienceworldReplayCommand = defineCommand({
  meta: { description: "Play recorded ScienceWorld episodes again and compare every step" },
  args: {
    file: {
      type: "positional",
      description: "File of recorded episodes, one JSON object a line; may be packed (.gz)",
      required: true,
    },
    jar: {
      type: "string",
      description: "The simulator; that of eef scienceworld install if absent",
      valueHint: "FILE",
    },
    every: { type: "string", description: "Only every so many-th episode", valueHint: "N", default: "1" },
    json: { type: "boolean", description: "Print the counts and first differences as JSON" },
  },
  run: async ({ args }) => {
    const jar = openJar(args.jar);
    const every = readNumberArgument("every", args.every, { integer: true, least: 1 });
    const episodes = readEpisodes(args.file).filter((_, index) => index % every === 0);
    const report = await replay(jar, episodes);
    const version = jar.version?.version ?? "unknown";
    console.log(
      args.json
        ? JSON.stringify({ file: args.file, version, ...report }, null, 2)
        : describeReport(args.file, version, report),
    );
    const expected = jar.version?.conformance ?? everything;
    const tooFew = replayFields.filter((field) => {
      const { matches, total } = report.fields[field];
      return matches < expected[field] * total;
    });
    if (tooFew.length > 0) {
      throw new EefError(
        `Fewer ${tooFew.join(" and ")} match than a faithful replay on this version gives (${tooFew.map((field) => `${100 * expected[field]}%`).join(" and ")}).`,
        { hint: "Were the episodes recorded with the same simplifications?" },
      );
    }
  },
});

async function replay(
  jar: ReturnType<typeof openJar>,
  episodes: readonly RecordedEpisode[],
): Promise<ReplayReport> {
  await using pool = simulatorPool(defaultPoolSize(), { jar });
  const work = terminalProgress().begin("replayed episodes", episodes.length);
  const signal = onInterrupt(
    new InterruptedError(
      "Stopped. Nothing was compared to the end.",
      "Run the same command again to begin anew; --every N plays fewer episodes.",
    ),
  );
  signal.addEventListener("abort", () => void pool[Symbol.asyncDispose]());
  const report = await replayEpisodes(pool, episodes, { onEpisode: (done) => work.update(done), signal });
  work.end();
  return report;
}

function readEpisodes(file: string): readonly RecordedEpisode[] {
  let text: string;
  try {
    const bytes = readFileSync(file);
    text = (file.endsWith(".gz") ? gunzipSync(bytes, { maxOutputLength: longestText }) : bytes).toString();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidFileError(file, "the file", `cannot be read: ${reason}`, { cause });
  }
  return parseRecordedEpisodes(text, file);
}

function describeReport(file: string, version: string, report: ReplayReport): string {
  const counts = replayFields.map((field) => {
    const { matches, total } = report.fields[field];
    return `${field} ${matches}/${total}${total === 0 ? "" : ` (${((100 * matches) / total).toFixed(2)}%)`}`;
  });
  return [
    `${file} on version ${version}: ${report.episodes} episodes, ${report.identicalEpisodes} of them identical; ${counts.join(", ")}`,
    ...report.differences.map(describeDifference),
  ].join("\n");
}

function describeDifference({ field, episode, step, action, expected, received }: ReplayDifference): string {
  const where = step === 0 ? "at the beginning" : `after step ${step}, ${JSON.stringify(action)}`;
  return `  first difference of ${field}: ${episode}, ${where}\n${expectedAndReceived(expected, received)}`;
}

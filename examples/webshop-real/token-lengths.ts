/**
 * How many tokens the pages of real products and the expert's episodes take, as a Markdown table:
 *
 *     npx node examples/webshop-real/token-lengths.ts --data DIR [--tokenizer DIR]
 *
 * The tokenizer is the shipped student's unless another Hugging Face directory is named.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import {
  EefError,
  isWin,
  localExecutor,
  type Message,
  openChatTokenizer,
  type RunConfig,
  resolveConfig,
  shippedBase,
  type Trajectory,
  transcript,
} from "../../src/index.ts";
import { realRun } from "./configuration.ts";

const episodeCount = 200;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { data: { type: "string" }, tokenizer: { type: "string" } } });
  const config = resolveConfig(
    realRun({ data: values.data, sizes: { train: episodeCount, validation: 0, test: 0 } }),
  );
  const tokenizer = await openChatTokenizer(values.tokenizer ?? shippedBase);
  const { systemPrompt } = config.environment;
  const lengthOf = (messages: readonly Message[]) =>
    tokenizer.mask({ messages, weights: messages.map(() => 0) }).ids.length;
  const episodes = await playExpert(config);
  const turns = episodes.flatMap((episode) => [
    { page: episode.initialObservation, next: episode.steps[0]?.message },
    ...episode.steps.map(({ observation }, index) => ({
      page: observation,
      next: episode.steps[index + 1]?.message,
    })),
  ]);
  const lengthsOf = (role: Message["role"], texts: readonly (string | undefined)[]) =>
    texts.flatMap((content) => (content === undefined ? [] : lengthOf([{ role, content }])));
  const transcriptLengths = (won: boolean) =>
    episodes
      .filter((episode) => isWin(episode) === won)
      .map((episode) => lengthOf(transcript(systemPrompt, episode).slice(0, -1)));
  const rows: (readonly [string, readonly number[]])[] = [
    ...pageKinds.map(([name, isKind]): [string, number[]] => [
      name,
      lengthsOf(
        "user",
        turns.filter(({ page }) => isKind(page)).map(({ page }) => page),
      ),
    ]),
    [
      "an expert's message on a results page",
      lengthsOf(
        "assistant",
        turns.filter(({ page }) => isResults(page)).map(({ next }) => next),
      ),
    ],
    ["transcript of a win, up to its last action", transcriptLengths(true)],
    ["transcript of a failure, up to its last action", transcriptLengths(false)],
  ];
  console.log("| tokens | count | least | median | 95% | most |\n| --- | ---: | ---: | ---: | ---: | ---: |");
  for (const [name, lengths] of rows) console.log(`| ${[name, ...describe(lengths)].join(" | ")} |`);
}

const isResults = (page: string): boolean => page.includes("(Total results: ");
const pageKinds: readonly (readonly [string, (page: string) => boolean])[] = [
  ["start page", (page) => page.endsWith("[SEP] Search")],
  ["results page", isResults],
  ["product page", (page) => page.endsWith("[SEP] Buy Now")],
  ["last page", (page) => page.startsWith("Thank you for shopping with us!")],
];

async function playExpert({ environment, experts, rollout }: RunConfig): Promise<Trajectory[]> {
  const [expert] = experts;
  if (expert === undefined || !("policy" in expert)) throw new Error("the run has no expert that acts");
  const requests = environment.tasks("train").map((task, index) => ({
    id: task.id,
    kind: "expert" as const,
    task,
    seed: index,
    temperature: expert.temperature,
    maximumSteps: rollout.maximumSteps,
  }));
  const episodes: Trajectory[] = [];
  for await (const episode of localExecutor().run(requests, { environment, policy: expert.policy })) {
    episodes.push(episode);
  }
  return episodes;
}

function describe(lengths: readonly number[]): string[] {
  const sorted = lengths.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return [lengths.length, at(0), at(0.5), at(0.95), sorted.at(-1)].map((value) =>
    value === undefined ? "-" : value.toLocaleString("en"),
  );
}

await main().catch((error: unknown) => {
  if (!(error instanceof EefError)) throw error;
  console.error(error.hint === undefined ? error.message : `${error.message}\n${error.hint}`);
  process.exitCode = 1;
});

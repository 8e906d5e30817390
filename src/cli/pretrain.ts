import { defineCommand } from "citty";
import { readingTokenizer, studentConfiguration } from "../environment/webshop/pretraining/base-model.ts";
import { readingCurriculum } from "../environment/webshop/pretraining/curriculum.ts";
import { ConfigurationError } from "../errors.ts";
import { readExamples } from "../export/read-examples.ts";
import { loadCheckpoint } from "../model/checkpoint/checkpoint.ts";
import { checkReplaceable } from "../model/checkpoint/replace-directory.ts";
import type { LlamaConfiguration } from "../model/llama/llama.ts";
import type { StudentTokenizer } from "../model/tokenizer/tokenizer.ts";
import { describeCut, fitExamples } from "../trainer/fit-examples.ts";
import { copyingStages } from "../trainer/pretraining/copying.ts";
import { documentsStage, documentsTokenizer } from "../trainer/pretraining/documents.ts";
import { withWordsOf } from "../trainer/pretraining/new-words.ts";
import { type PretrainingOptions, pretrain } from "../trainer/pretraining/pretrain.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import { deviceArgument, readDevice } from "./device-argument.ts";
import { onInterrupt } from "./interrupt.ts";
import { readNumberArgument } from "./number-argument.ts";
import { terminalProgress } from "./progress.ts";
import { readThreads, threadsArgument } from "./threads-argument.ts";

export const examples = [
  "eef pretrain --out base                 # the checkpoint that is shipped, from its seed",
  "eef pretrain --out base --scale 0.1     # a tenth of the text, to try things out",
  "eef pretrain --out base --documents chats.jsonl",
];

export default defineCommand({
  meta: {
    description:
      "Pretrain the embedded student's base checkpoint, on generated reading exercises or on your chats",
  },
  args: {
    out: { type: "string", required: true, description: "Directory of the new checkpoint", valueHint: "DIR" },
    documents: {
      type: "string",
      description:
        "Chats instead of the exercises: JSON Lines of messages; a tokenizer is made of their words",
      valueHint: "FILE",
    },
    from: {
      type: "string",
      description: "With --documents: begin with this checkpoint's weights, and give it their words",
      valueHint: "DIR",
    },
    seed: { type: "string", default: "1", description: "Seed of weights and documents", valueHint: "N" },
    scale: {
      type: "string",
      default: "1",
      description: "Multiplies the amount of text",
      valueHint: "FACTOR",
    },
    ...threadsArgument,
    ...deviceArgument,
  },
  run: async ({ args }) => {
    const seed = readNumberArgument("seed", args.seed, { integer: true, least: 0 });
    if (args.from !== undefined && args.documents === undefined) {
      throw new ConfigurationError("--from needs --documents: the exercises begin with a new network.");
    }
    const scale = readNumberArgument("scale", args.scale, { integer: false, above: 0 });
    await checkReplaceable(args.out);
    const start =
      args.documents === undefined
        ? readShop(seed, scale)
        : await readDocuments(args.documents, scale, args.from);
    const { remark, ...curriculum } = start;
    const progress = terminalProgress();
    if (remark !== undefined) progress.note(remark);
    const work = progress.begin("pretraining");
    const version = await pretrain({
      ...curriculum,
      seed,
      outputDirectory: args.out,
      ...readThreads(args.threads),
      ...readDevice(args.device),
      signal: onInterrupt(),
      onProgress: ({ stage, step, steps, loss, tokensPerSecond }) =>
        work.update(step, {
          total: steps,
          detail: `${stage}, loss ${loss.toFixed(3)}, ${Math.round(tokensPerSecond)} tokens/s`,
        }),
    });
    work.end();
    console.log(`${args.out}: version ${version}`);
  },
});

interface Start
  extends Pick<PretrainingOptions, "configuration" | "tokenizer" | "start" | "stages" | "contextLength"> {
  /** What of the documents is not trained on. */
  readonly remark?: string | undefined;
}

const contextLength = 1536;

function readShop(seed: number, scale: number): Start {
  const tokenizer = readingTokenizer(seed);
  return {
    tokenizer,
    configuration: studentConfiguration(tokenizer),
    stages: readingCurriculum(scale),
    contextLength,
  };
}

async function readDocuments(file: string, scale: number, from: string | undefined): Promise<Start> {
  const documents: TrainingExample[] = [];
  for await (const { example } of readExamples(file)) documents.push(example);
  const stage = documentsStage(documents, scale);
  if (from === undefined) {
    const tokenizer = documentsTokenizer(documents);
    const stages = [...copyingStages(scale), stage];
    const configuration = studentConfiguration(tokenizer);
    return { tokenizer, configuration, stages, ...fitDocuments(documents, tokenizer, configuration) };
  }
  const base = await loadCheckpoint(from);
  const tokenizer = documentsTokenizer(documents, base.tokenizer.vocabularySize);
  const { configuration, parameters } = withWordsOf(tokenizer, base);
  return {
    tokenizer,
    configuration,
    start: { parameters, version: base.version },
    stages: [stage],
    ...fitDocuments(documents, tokenizer, configuration),
  };
}

/** @throws ConfigurationError if no document has a target within the context. */
function fitDocuments(
  documents: readonly TrainingExample[],
  tokenizer: StudentTokenizer,
  { maximumPositions }: LlamaConfiguration,
): Pick<Start, "contextLength" | "remark"> {
  const tokens = Math.min(contextLength, maximumPositions);
  const limit = { tokens, origin: "No longer ones are pretrained on." };
  const { counts } = fitExamples(tokenizer, documents, limit);
  return { contextLength: tokens, remark: describeCut(counts, limit) };
}

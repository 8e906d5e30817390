import { defineCommand } from "citty";
import { readingTokenizer, studentConfiguration } from "../environment/webshop/pretraining/base-model.ts";
import { readingCurriculum } from "../environment/webshop/pretraining/curriculum.ts";
import { readExamples } from "../export/read-examples.ts";
import { documentsCurriculum, documentsTokenizer } from "../trainer/pretraining/documents.ts";
import { pretrain } from "../trainer/pretraining/pretrain.ts";
import type { Exercise } from "../trainer/pretraining/stage.ts";
import { onInterrupt } from "./interrupt.ts";
import { readNumberArgument } from "./number-argument.ts";
import { terminalProgress } from "./progress.ts";
import { readThreads, threadsArgument } from "./threads-argument.ts";

export const examples = [
  "eef pretrain --out base                 the checkpoint that is shipped, from its seed",
  "eef pretrain --out base --scale 0.1     a tenth of the text, to try things out",
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
    seed: { type: "string", default: "1", description: "Seed of weights and documents", valueHint: "N" },
    scale: {
      type: "string",
      default: "1",
      description: "Multiplies the amount of text",
      valueHint: "FACTOR",
    },
    ...threadsArgument,
  },
  run: async ({ args }) => {
    const seed = readNumberArgument("seed", args.seed, { integer: true, least: 0 });
    const scale = readNumberArgument("scale", args.scale, { integer: false, above: 0 });
    const documents = args.documents === undefined ? undefined : await readDocuments(args.documents);
    const tokenizer = documents === undefined ? readingTokenizer(seed) : documentsTokenizer(documents);
    const stages = documents === undefined ? readingCurriculum(scale) : documentsCurriculum(documents, scale);
    const work = terminalProgress().begin("pretraining");
    const version = await pretrain({
      configuration: studentConfiguration(tokenizer),
      tokenizer,
      stages,
      seed,
      contextLength: 1536,
      outputDirectory: args.out,
      ...readThreads(args.threads),
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

async function readDocuments(file: string): Promise<readonly Exercise[]> {
  const documents: Exercise[] = [];
  for await (const { example } of readExamples(file)) documents.push(example);
  return documents;
}

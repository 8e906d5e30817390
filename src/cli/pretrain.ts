import { defineCommand } from "citty";
import { readingTokenizer, studentConfiguration } from "../environment/webshop/pretraining/base-model.ts";
import { readingCurriculum } from "../environment/webshop/pretraining/curriculum.ts";
import { pretrain } from "../trainer/pretraining/pretrain.ts";
import { onInterrupt } from "./interrupt.ts";
import { readNumberArgument } from "./number-argument.ts";
import { terminalProgress } from "./progress.ts";
import { readThreads, threadsArgument } from "./threads-argument.ts";

export const examples = [
  "eef pretrain --out base                 the checkpoint that is shipped, from its seed",
  "eef pretrain --out base --scale 0.1     a tenth of the text, to try things out",
];

export default defineCommand({
  meta: {
    description: "Pretrain the embedded student's base checkpoint on generated reading exercises",
  },
  args: {
    out: { type: "string", required: true, description: "Directory of the new checkpoint", valueHint: "DIR" },
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
    const stages = readingCurriculum(readNumberArgument("scale", args.scale, { integer: false, above: 0 }));
    const tokenizer = readingTokenizer(seed);
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

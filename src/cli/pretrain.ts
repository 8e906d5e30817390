import { defineCommand } from "citty";
import { readingTokenizer, studentConfiguration } from "../environment/webshop/pretraining/base-model.ts";
import { readingCurriculum } from "../environment/webshop/pretraining/curriculum.ts";
import { ConfigurationError } from "../errors.ts";
import { pretrain } from "../trainer/pretraining/pretrain.ts";
import { onInterrupt } from "./interrupt.ts";
import { terminalProgress } from "./progress.ts";

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
    threads: { type: "string", default: "2", description: "Threads of the tensor engine", valueHint: "N" },
  },
  run: async ({ args }) => {
    const seed = readNumber("seed", args.seed);
    const stages = readingCurriculum(readNumber("scale", args.scale));
    const tokenizer = readingTokenizer(seed);
    const work = terminalProgress().begin("pretraining");
    const version = await pretrain({
      configuration: studentConfiguration(tokenizer),
      tokenizer,
      stages,
      seed,
      contextLength: 1536,
      outputDirectory: args.out,
      threads: readNumber("threads", args.threads),
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

function readNumber(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new ConfigurationError(`--${name} takes a positive number, not "${text}".`);
  return value;
}

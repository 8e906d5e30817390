import process from "node:process";
import { defineCommand } from "citty";
import { ConfigurationError, InvalidFileError } from "../errors.ts";
import { openChatTokenizer } from "../export/chat-tokenizer.ts";
import { UnfitExampleError } from "../export/example-format.ts";
import { previewExample } from "../export/preview.ts";
import { readExamples } from "../export/read-examples.ts";
import { percent } from "../report/number-format.ts";
import { shippedBase } from "../trainer/shipped-base.ts";
import { exampleFile, exampleSourceArguments, unflaggedTargets } from "./example-source.ts";
import { readNumberArgument } from "./number-argument.ts";
import { withReadingNotes } from "./reading-notes.ts";
import { endWhereUnread } from "./standard-output.ts";

export const examples = [
  "eef preview runs/latest",
  "eef preview runs/latest --method SFT --example 5edc --full",
  "eef preview train.jsonl --tokenizer Llama-3-8B-Instruct --tokens",
  "NO_COLOR=1 eef preview examples.jsonl > preview.txt",
];

export default defineCommand({
  meta: { description: "Show which tokens of training examples are trained on, and why" },
  args: {
    ...exampleSourceArguments,
    tokenizer: {
      type: "string",
      description: "A Hugging Face tokenizer directory (default: the shipped student's)",
      valueHint: "DIR",
    },
    template: {
      type: "string",
      description: "A chat template instead of the tokenizer's",
      valueHint: "FILE",
    },
    example: {
      type: "string",
      description: "Only examples whose id or task begins so",
      valueHint: "ID",
    },
    count: { type: "string", default: "3", description: "How many examples at most", valueHint: "N" },
    full: { type: "boolean", description: "Show long masked passages in full" },
    tokens: { type: "boolean", description: "Separate the tokens of trained text by a bar" },
  },
  run: async ({ args }) => {
    const most = readNumberArgument("count", args.count, { integer: true, least: 1 });
    endWhereUnread();
    const tokenizer = await openChatTokenizer(args.tokenizer ?? shippedBase, args.template);
    // https://no-color.org: any value that is not empty.
    const colour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? "") === "";
    const start = args.example ?? "";
    let shown = 0;
    let tokens = 0;
    let trainedTokens = 0;
    const examples = readExamples(exampleFile(args), { train: unflaggedTargets(args.train) });
    for await (const { example, file, line } of withReadingNotes(examples)) {
      if (!example.id.startsWith(start) && !example.taskId.startsWith(start)) continue;
      try {
        const preview = previewExample(example, tokenizer, {
          colour,
          full: args.full === true,
          tokens: args.tokens === true,
        });
        console.log(`${preview.text}\n`);
        tokens += preview.tokens;
        trainedTokens += preview.trainedTokens;
      } catch (error) {
        if (!(error instanceof UnfitExampleError)) throw error;
        throw new InvalidFileError(file, `line ${line}, ${error.field}`, error.message, {
          hint: "Another chat template may take these messages: --template FILE.",
        });
      }
      shown++;
      if (shown === most) break;
    }
    if (shown === 0)
      throw new ConfigurationError(`No example's id or task begins with ${JSON.stringify(start)}.`);
    console.log(
      `Examples shown: ${shown}. Trained on: ${trainedTokens} of ${tokens} tokens (${percent(trainedTokens / tokens)}%).`,
    );
  },
});

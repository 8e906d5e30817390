import process from "node:process";
import { defineCommand } from "citty";
import { openChatModel } from "../serve/chat-model.ts";
import { converse } from "../serve/conversation.ts";
import { readNumberArgument } from "./number-argument.ts";
import { endWhereUnread } from "./standard-output.ts";
import { readThreads, threadsArgument } from "./threads-argument.ts";

export const examples = [
  "eef chat runs/webshop/checkpoints/eef-1",
  'eef chat my-model --system "You are a shopper." --temperature 0.7 --seed 1',
  'echo "Find a red lamp" | eef chat my-model --temperature 0 > answer.txt',
];

export default defineCommand({
  meta: { description: "Talk to a checkpoint in the terminal (/reset, /exit), or through a pipe" },
  args: {
    directory: { type: "positional", required: true, description: "The checkpoint's directory" },
    system: { type: "string", description: "The system prompt", valueHint: "TEXT" },
    temperature: { type: "string", default: "1", description: "0 is greedy", valueHint: "T" },
    seed: { type: "string", description: "Makes the answers repeatable", valueHint: "N" },
    "max-tokens": {
      type: "string",
      description: "The most tokens of one answer (default: what the context has room for)",
      valueHint: "N",
    },
    ...threadsArgument,
  },
  run: async ({ args }) => {
    const count = { integer: true, least: 1 };
    const temperature = readNumberArgument("temperature", args.temperature, { integer: false, least: 0 });
    const seed = readNumberArgument("seed", args.seed, { integer: true, least: 0 });
    const maximumTokens = readNumberArgument("max-tokens", args["max-tokens"], count);
    endWhereUnread();
    await using model = await openChatModel({
      directory: args.directory,
      maximumSequences: 1,
      ...readThreads(args.threads),
    });
    await converse(model, {
      ...(args.system === undefined ? {} : { system: args.system }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(seed === undefined ? {} : { seed }),
      ...(maximumTokens === undefined ? {} : { maximumTokens }),
      input: process.stdin,
      output: process.stdout,
      remarks: process.stderr,
      interactive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    });
  },
});

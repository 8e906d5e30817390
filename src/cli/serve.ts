import { once } from "node:events";
import { defineCommand } from "citty";
import { openChatModel } from "../serve/chat-model.ts";
import { startServer } from "../serve/server.ts";
import { onInterrupt } from "./interrupt.ts";
import { readNumberArgument } from "./number-argument.ts";
import { readThreads, threadsArgument } from "./threads-argument.ts";

/** How long the answers in the making may still take after Ctrl-C. */
const graceMilliseconds = 30_000;

export const examples = [
  "eef serve runs/webshop/checkpoints/eef-1           # at http://127.0.0.1:8000/v1",
  "eef serve my-model --port 8080 --name student      # under another name, at another port",
  "eef serve my-model --host 0.0.0.0                  # for other machines too; there is no password",
];

export default defineCommand({
  meta: { description: "Offer a checkpoint as an OpenAI-compatible server (chat completions, streaming)" },
  args: {
    directory: { type: "positional", required: true, description: "The checkpoint's directory" },
    port: { type: "string", default: "8000", description: "0 is any free port", valueHint: "N" },
    host: {
      type: "string",
      default: "127.0.0.1",
      description: "The address to listen at; the default is this machine only",
      valueHint: "ADDRESS",
    },
    name: {
      type: "string",
      description: "The model's name for clients (default: that of the directory)",
      valueHint: "NAME",
    },
    "max-sequences": {
      type: "string",
      description: "The most messages written at once; further ones wait (default: 16)",
      valueHint: "N",
    },
    ...threadsArgument,
  },
  run: async ({ args }) => {
    const count = { integer: true, least: 1 };
    const port = readNumberArgument("port", args.port, { integer: true, least: 0, most: 65_535 });
    const maximumSequences = readNumberArgument("max-sequences", args["max-sequences"], count);
    await using model = await openChatModel({
      directory: args.directory,
      ...(args.name === undefined ? {} : { name: args.name }),
      ...(maximumSequences === undefined ? {} : { maximumSequences }),
      ...readThreads(args.threads),
    });
    await using server = await startServer(model, {
      host: args.host,
      ...(port === undefined ? {} : { port }),
      onFailure: (error) => console.error(error),
    });
    console.log(
      `Serving ${model.name} (${model.contextLength} tokens of context) at ${server.baseUrl}\nCtrl-C stops it.`,
    );
    const interrupted = onInterrupt();
    if (!interrupted.aborted) await once(interrupted, "abort");
    await server.close(graceMilliseconds);
  },
});

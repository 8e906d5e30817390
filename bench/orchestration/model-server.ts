/**
 * A chat server with a fixed latency, in a process of its own: it answers every request with `--latency` milliseconds' delay, and
 * holds as many at once as there are. `--faults SHARE` puts faults in front of it. Tells its address to the process that started it.
 */
import { createServer } from "node:http";
import { readNumberArgument } from "../../src/cli/number-argument.ts";
import { countingModel, withFaults } from "../../src/policy/chat/counting-model.test-helpers.ts";
import { type Answer, startTestServer } from "../../src/policy/chat/server.test-helpers.ts";
import { readCommandLine } from "../command-line.ts";

const { values } = readCommandLine(import.meta.url, {
  latency: { type: "string", default: "0" },
  faults: { type: "string", default: "0" },
});
const latency = readNumberArgument("latency", values.latency, { integer: false, least: 0 });
const share = readNumberArgument("faults", values.faults, { integer: false, least: 0, most: 0.9 });

/** The same for all, so that the server costs as little as it can. */
const reply = JSON.stringify({
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "Thought: more.\nAction: add 1" },
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 40, completion_tokens: 8 },
});

const baseUrl = share > 0 ? await faulty() : await fixed();
process.send?.({ baseUrl });
// The end of the parent is the end of this.
process.on("disconnect", () => process.exit(0));

async function fixed(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      setTimeout(() => {
        response.writeHead(200, {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(reply),
        });
        response.end(reply);
      }, latency);
    });
  });
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1024, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected an address with a port");
  return `http://127.0.0.1:${address.port}/v1`;
}

async function faulty(): Promise<string> {
  const { answer, counts } = withFaults(countingModel, { seed: 1, probability: share, most: 5 });
  const later: Answer = (request, response) => void setTimeout(() => answer(request, response), latency);
  process.on("message", () => process.send?.({ counts: Object.fromEntries(counts) }));
  return (await startTestServer(later)).baseUrl;
}

import { createHash } from "node:crypto";
import { createRandom, deriveSeed } from "../../random.ts";
import type { ChatReply } from "./chat-model.ts";
import { type Answer, cutOff, json, reset, type SeenRequest, silence, text } from "./server.test-helpers.ts";

/**
 * A model of the counting world (src/rollout/counting-world.test-helpers.ts): it adds 1 until the sum is the target, mostly by the tool `act`.
 * Now and then it makes a wrong call. What it answers depends on the messages and the seed alone.
 */
export function countingReply(messages: unknown, seed: number): ChatReply {
  const transcript = JSON.stringify(messages);
  const [sum, target] = [...transcript.matchAll(/sum (\d+) of (\d+)/g)].at(-1)?.slice(1) ?? [];
  const action = sum === target ? "stop" : "add 1";
  const random = createRandom(seed);
  const counts = { promptTokens: Math.ceil(transcript.length / 4), generatedTokens: 8 };
  const call = (name: string, given: string): ChatReply => ({
    content: "More.",
    toolCalls: [{ name, arguments: given }],
    finishReason: "tool_calls",
    ...counts,
  });
  const right = JSON.stringify({ action });
  if (random.chance(0.06)) {
    return random.pick([call("jump", right), call("act", '{"action": '), call("act", '{"what": "add 1"}')]);
  }
  if (random.chance(0.8)) return call("act", right);
  return { content: `Thought: as text.\nAction: ${action}`, toolCalls: [], finishReason: "stop", ...counts };
}

/** The same behind the chat protocol. */
export const countingModel: Answer = (request, response) => {
  const { body } = request;
  const reply = countingReply(body.messages, Number(body.seed));
  const message = {
    role: "assistant",
    content: reply.content,
    tool_calls: reply.toolCalls.map((called) => ({ id: "x", type: "function", function: called })),
  };
  const answer = json(200, {
    choices: [{ index: 0, message, finish_reason: reply.finishReason }],
    usage: { prompt_tokens: reply.promptTokens, completion_tokens: reply.generatedTokens },
  });
  answer(request, response);
};

/** Sends white space, which may stand before any JSON, for ever. */
const slowDrip: Answer = (_, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 20);
  response.on("close", () => clearInterval(timer));
};

interface Fault {
  readonly answer: Answer;
  /** How many times likelier than the rarest. */
  readonly weight: number;
}

/** Those that cost the client its whole timeout are rare, so that a test with a thousand faults is short. */
const faults: Readonly<Record<string, Fault>> = {
  "429, Retry-After in seconds": {
    answer: json(429, { error: { message: "slow down" } }, { "retry-after": "0.005" }),
    weight: 10,
  },
  "429, Retry-After as a date": {
    answer: (request, response) =>
      json(429, {}, { "retry-after": new Date(Date.now()).toUTCString() })(request, response),
    weight: 10,
  },
  "500": { answer: json(500, { error: { message: "out of memory" } }), weight: 10 },
  "503 of a proxy": { answer: text(503, "<html>Service unavailable</html>"), weight: 10 },
  hang: { answer: silence, weight: 1 },
  "slow drip": { answer: slowDrip, weight: 1 },
  "cut connection": { answer: cutOff, weight: 10 },
  "reset connection": { answer: reset, weight: 10 },
  "invalid JSON": { answer: text(200, '{"choices": [{"message": {"content": "Act'), weight: 10 },
  "empty choices": { answer: json(200, { choices: [] }), weight: 10 },
};
export const faultKinds: readonly string[] = Object.keys(faults);
const weightedKinds = Object.entries(faults).flatMap(([kind, { weight }]) =>
  Array.from({ length: weight }, () => kind),
);

export interface FaultyServer {
  readonly answer: Answer;
  /** How often each kind of fault was injected. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Puts faults in front of a model: up to `most` for the same request, drawn from a seed. The model's own answers stay as they are. */
export function withFaults(
  model: Answer,
  options: { seed: number; probability: number; most: number },
): FaultyServer {
  const attempts = new Map<string, number>();
  const counts = new Map<string, number>();
  const answer: Answer = (request, response) => {
    const key = keyOf(request);
    const attempt = attempts.get(key) ?? 0;
    attempts.set(key, attempt + 1);
    const random = createRandom(deriveSeed(options.seed, key, attempt));
    if (attempt >= options.most || !random.chance(options.probability)) return model(request, response);
    const kind = random.pick(weightedKinds);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    faults[kind]?.answer(request, response);
  };
  return { answer, counts };
}

function keyOf({ body }: SeenRequest): string {
  return createHash("sha256").update(JSON.stringify(body)).digest("hex");
}

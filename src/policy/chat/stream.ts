import { createParser } from "eventsource-parser";
import type { ChatReply, TokenLogProbability } from "./chat-model.ts";
import { type ChatChunk, chatChunkSchema, optionalParts, tokensOf } from "./protocol.ts";

/** How a stream ended that gave no reply. */
export type StreamProblem =
  | { readonly kind: "cut-off" }
  /** The explanation is not bounded: what cuts it must take the secrets out first. */
  | { readonly kind: "malformed"; readonly explanation: string }
  /** `status` is the HTTP status that the error would have had, where the server tells it. */
  | { readonly kind: "error"; readonly status: number; readonly body: string };

/**
 * Puts the pieces of a streamed completion together. A stream is whole if its choice has a reason to finish, or if it ends
 * with `[DONE]` after some text.
 */
export function readStream(
  text: string,
): { readonly reply: ChatReply } | { readonly problem: StreamProblem } {
  const pieces = new Pieces();
  let problem: StreamProblem | undefined;
  let ended = false;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (problem !== undefined || ended) return;
      if (data === "[DONE]") {
        ended = true;
        return;
      }
      const parsed = parseChunk(data);
      if ("problem" in parsed) problem = parsed.problem;
      else pieces.add(parsed.chunk);
    },
  });
  parser.feed(text);
  parser.reset({ consume: true });
  if (problem !== undefined) return { problem };
  if (!ended && pieces.finishReason === undefined) return { problem: { kind: "cut-off" } };
  if (pieces.isEmpty) return { problem: { kind: "malformed", explanation: "the stream holds no choices" } };
  return { reply: pieces.reply() };
}

function parseChunk(data: string): { readonly chunk: ChatChunk } | { readonly problem: StreamProblem } {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return {
      problem: {
        kind: "malformed",
        explanation: `expected JSON, received ${JSON.stringify(data)}`,
      },
    };
  }
  const parsed = chatChunkSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const explanation = `expected a piece of a chat completion; ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not one"}`;
    return { problem: { kind: "malformed", explanation } };
  }
  const { error } = parsed.data;
  if (error === undefined || error === null) return { chunk: parsed.data };
  return { problem: { kind: "error", status: statusOf(error), body: data } };
}

/** vLLM puts the status into `code`. An error in the middle of an answer is otherwise the server's own. */
function statusOf(error: unknown): number {
  const code =
    typeof error === "object" && error !== null && "code" in error ? Number(error.code) : Number.NaN;
  return Number.isInteger(code) && code >= 400 && code <= 599 ? code : 500;
}

interface CallInPieces {
  readonly index: number;
  readonly id: string;
  name: string;
  arguments: string;
}

class Pieces {
  finishReason: string | undefined;
  isEmpty = true;
  #content = "";
  #refusal = "";
  #usage: ChatChunk["usage"];
  readonly #tokens: TokenLogProbability[] = [];
  readonly #calls: CallInPieces[] = [];

  add({ choices: [choice], usage }: ChatChunk): void {
    if (usage) this.#usage = usage;
    if (choice === undefined) return;
    this.isEmpty = false;
    this.#content += choice.delta?.content ?? "";
    this.#refusal += choice.delta?.refusal ?? "";
    for (const { index, id, function: piece } of choice.delta?.tool_calls ?? []) {
      const call = this.#callOf(index, id ?? "", piece?.name ?? "");
      call.name += piece?.name ?? "";
      call.arguments += piece?.arguments ?? "";
    }
    this.#tokens.push(...(tokensOf(choice.logprobs) ?? []));
    this.finishReason = choice.finish_reason ?? this.finishReason;
  }

  /**
   * Some servers give every call the index 0; then it is a new name under a new id that begins another. A new id alone does not:
   * other servers make one up for every piece.
   */
  #callOf(index: number, id: string, name: string): CallInPieces {
    const latest = this.#calls.findLast((call) => call.index === index);
    if (latest !== undefined && (name === "" || id === "" || latest.id === "" || id === latest.id)) {
      return latest;
    }
    const call = { index, id, name: "", arguments: "" };
    this.#calls.push(call);
    return call;
  }

  reply(): ChatReply {
    return {
      content: this.#content,
      toolCalls: this.#calls.map(({ name, arguments: given }) => ({ name, arguments: given })),
      ...optionalParts({
        refusal: this.#refusal,
        finishReason: this.finishReason,
        usage: this.#usage,
        tokens: this.#tokens.length === 0 ? undefined : this.#tokens,
      }),
    };
  }
}

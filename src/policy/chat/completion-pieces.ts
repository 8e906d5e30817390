import type { ChatReply, TokenLogProbability } from "./chat-model.ts";
import { type ChatChunk, optionalParts, reasons, tokensOf } from "./protocol.ts";

interface CallInPieces {
  readonly index: number;
  readonly id: string;
  name: string;
  arguments: string;
}

type Delta = NonNullable<NonNullable<ChatChunk["choices"]>[number]["delta"]>;

/** Puts the pieces of a streamed completion together. */
export class CompletionPieces {
  finishReason: string | undefined;
  /** Whether no piece of the choice has come. */
  isEmpty = true;
  #content = "";
  #refusal = "";
  #usage: ChatChunk["usage"];
  #hasFinalUsage = false;
  /** Undefined as soon as the probabilities of a piece are missing: a sum of the others would be that of another text. */
  #tokens: TokenLogProbability[] | undefined = [];
  readonly #calls: CallInPieces[] = [];

  /** Whether it has finished and was counted. */
  get isWhole(): boolean {
    return this.finishReason !== undefined && this.#hasFinalUsage;
  }

  add({ choices, usage }: ChatChunk): void {
    const choice = choices?.find(({ index }) => (index ?? 0) === 0);
    if (choice !== undefined) {
      this.isEmpty = false;
      this.#content += choice.delta?.content ?? "";
      this.#refusal += choice.delta?.refusal ?? "";
      for (const call of choice.delta?.tool_calls ?? []) this.#addCall(call);
      const tokens = tokensOf(choice.logprobs);
      if (reasons(choice.delta) || (tokens === undefined && says(choice.delta))) this.#tokens = undefined;
      this.#tokens?.push(...(tokens ?? []));
      this.finishReason = choice.finish_reason || this.finishReason;
    }
    if (usage?.prompt_tokens !== undefined || usage?.completion_tokens !== undefined) {
      this.#usage = usage;
      // Some servers count in every piece.
      this.#hasFinalUsage = this.finishReason !== undefined;
    }
  }

  #addCall({ index, id, function: piece }: NonNullable<Delta["tool_calls"]>[number]): void {
    const name = piece?.name ?? "";
    const call = this.#callOf(index ?? 0, id ?? "", name);
    // Some servers repeat the name with every piece.
    if (name !== call.name) call.name += name;
    call.arguments += piece?.arguments ?? "";
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
        tokens: this.#tokens?.length === 0 ? undefined : this.#tokens,
      }),
    };
  }
}

function says(delta: Delta | null | undefined): boolean {
  return Boolean(delta?.content) || Boolean(delta?.tool_calls?.length);
}

import type { ToolDeclaration } from "../../trajectory.ts";
import type { ChatMessage } from "./transcript.ts";

/** One request for one reply. */
export interface ChatCall {
  readonly messages: readonly ChatMessage[];
  /** Tools that the model may call; none for actions as text. */
  readonly tools: readonly ToolDeclaration[];
  readonly temperature: number;
  /** 31 bits. */
  readonly seed: number;
}

/** A model's reply, whatever the protocol it came by. */
export interface ChatReply {
  readonly content: string;
  /** The model's words, where it declined to answer. */
  readonly refusal?: string;
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
  /** "length" if the model was cut off by the limit of its tokens. */
  readonly finishReason?: string;
  /** As the server counts them: of the whole transcript, and of the reply. */
  readonly promptTokens?: number;
  readonly generatedTokens?: number;
  /** The reply's tokens in order, where the server tells their log-probabilities. */
  readonly tokens?: readonly TokenLogProbability[];
}

export interface TokenLogProbability {
  /** UTF-8; a token may hold a part of a character. */
  readonly bytes: Uint8Array;
  readonly logProbability: number;
}

/** Sends one request once. Limits, retries and budgets are not its concern, see traffic.ts. */
export interface ChatModel extends AsyncDisposable {
  /** Says in errors whose reply is meant. */
  readonly address: string;
  /**
   * Throws a PolicyError for whatever went wrong between here and the model, and the reason of `signal` if that is aborted.
   */
  complete(call: ChatCall, signal: AbortSignal | undefined): Promise<ChatReply>;
}

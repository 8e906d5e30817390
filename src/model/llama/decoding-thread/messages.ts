import type { AppendRow, DecodingSessionOptions, LlamaConfiguration, Parameters } from "../types.ts";

/** What a decoding thread is started with. */
export interface OpenMessage {
  readonly configuration: LlamaConfiguration;
  readonly parameters: Parameters;
  readonly options: Required<DecodingSessionOptions>;
}

/** A change of the slots that computes nothing: `truncate` (to 0 for `reset`) or `copyPrefix`. */
export type SlotChange =
  | { readonly kind: "truncate"; readonly slot: number; readonly length: number }
  | {
      readonly kind: "copyPrefix";
      readonly fromSlot: number;
      readonly toSlot: number;
      readonly length: number;
    };

export interface AppendRequest {
  readonly kind: "append";
  /** What has changed since the request before. */
  readonly changes: readonly SlotChange[];
  readonly rows: readonly AppendRow[];
}

export type ThreadRequest = AppendRequest | { readonly kind: "close" };

/** First that the session is open; then one answer for each `append`, in the same order. */
export type ThreadAnswer =
  | { readonly kind: "open" }
  | { readonly kind: "logits"; readonly logits: Float32Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly failure: ThreadFailure };

/** An error on its way between threads, which only carry the message of an error of ours. */
export interface ThreadFailure {
  readonly isOutOfMemory: boolean;
  readonly message: string;
  readonly hint: string | undefined;
}

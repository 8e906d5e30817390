import type { ChosenToken, TokenConstraint } from "./choose-token.ts";
import type { Truncation } from "./truncation.ts";

/** Follows the tokens of one message as they are written and says which may come next. */
export interface TokenRestriction {
  constraint(): TokenConstraint | undefined;
  accept(token: number): void;
}

export interface SampleRequest {
  /** The whole prompt, up to where the answer begins. At least one token. */
  readonly prompt: readonly number[];
  /** All randomness of the message. */
  readonly seed: number;
  /** At least 0; 0 is greedy. */
  readonly temperature: number;
  /** Which of the likelier tokens are drawn from. Default: from all. */
  readonly truncation?: Truncation;
  /** At least 1. Prompt and new tokens together must fit into the model's positions. */
  readonly maximumNewTokens: number;
  /** Which requests continue one another, so that they use the same part of the cache. Has no effect on results. */
  readonly episode?: string;
  readonly restriction?: TokenRestriction;
  /** Texts, none of them empty, that end the message; its text ends before them. Default: none. */
  readonly stop?: readonly string[];
  /** Called with each token as soon as it is chosen, between two ticks. If it throws, the message is given up. */
  readonly onToken?: (written: WrittenToken) => void;
  /** How many of the likeliest tokens `onToken` is told at each place. Default 0. */
  readonly likeliestTokens?: number;
  readonly signal?: AbortSignal;
}

/** A token of a message, as it is written. */
export interface WrittenToken {
  /** A token that ends the message included. */
  readonly token: number;
  /** At temperature 1. */
  readonly logProbability: number;
  /** The likeliest tokens at its place, likeliest first, whether or not they may be written. */
  readonly likeliest: readonly ChosenToken[];
  /** Characters that the tokens before it have become. Less than the length of the message's text if it is part of it. */
  readonly start: number;
  /** Text that has become certain with it; all of them together are the message's text. */
  readonly text: string;
}

export interface Sample {
  /** The tokens written, with the one that ended the message if one did. */
  readonly tokens: readonly number[];
  /** Their text without that, and up to the first stop string. */
  readonly text: string;
  /** Sum over the tokens, at temperature 1. */
  readonly logProbability: number;
  /** False if the message was cut off at `maximumNewTokens`, before an end token and any stop string. */
  readonly ended: boolean;
}

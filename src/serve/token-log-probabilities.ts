import type { ChosenToken } from "../model/sampling/choose-token.ts";
import type { WrittenToken } from "../model/sampling/sampler.ts";
import type { Tokenizer } from "../model/tokenizer/tokenizer.ts";

/** A token as OpenAI's `logprobs.content` describes it. */
interface TokenDescription {
  readonly token: string;
  /** At temperature 1, among all tokens. */
  readonly logprob: number;
  readonly bytes: readonly number[];
}

export interface TokenLogProbability extends TokenDescription {
  readonly top_logprobs: readonly TokenDescription[];
}

/** Collects the log-probabilities of a message's tokens until their text is sent. */
export interface LogProbabilities {
  /** Gives the tokens whose text has now been sent, at least in part. */
  add(written: WrittenToken): readonly TokenLogProbability[];
  /** After the last token: gives the tokens that are left, unless they belong to a stop string. */
  finish(stoppedByText: boolean): readonly TokenLogProbability[];
}

/** The token that ends a message is no part of the text, and has no entry. */
export function collectLogProbabilities(tokenizer: Tokenizer): LogProbabilities {
  let waiting: { readonly start: number; readonly entry: TokenLogProbability }[] = [];
  let sent = 0;
  return {
    add: (written) => {
      sent += written.text.length;
      if (!tokenizer.endTokens.includes(written.token)) {
        const top_logprobs = written.likeliest.map((token) => describe(tokenizer, token));
        waiting.push({ start: written.start, entry: { ...describe(tokenizer, written), top_logprobs } });
      }
      const ready = waiting.filter(({ start }) => start < sent);
      waiting = waiting.filter(({ start }) => start >= sent);
      return ready.map(({ entry }) => entry);
    },
    finish: (stoppedByText) => (stoppedByText ? [] : waiting.map(({ entry }) => entry)),
  };
}

function describe(tokenizer: Tokenizer, { token, logProbability }: ChosenToken): TokenDescription {
  return { token: tokenizer.decode([token]), logprob: logProbability, bytes: tokenizer.bytesOf(token) };
}

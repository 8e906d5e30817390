import { setImmediate } from "node:timers/promises";
import { EefError } from "../../errors.ts";
import { createRandom, type Random } from "../../random.ts";
import type { DecodingSession } from "../llama/llama.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { chooseToken, likeliestTokens, type TokenConstraint } from "./choose-token.ts";
import { firstGuesses, guessContinuation, nextGuesses } from "./guess.ts";
import { followText, type MessageText } from "./message-text.ts";
import type { Sample, SampleRequest, TokenRestriction } from "./sample.ts";
import { type Slot, SlotTable } from "./slots.ts";

export type { Sample, SampleRequest, TokenRestriction, WrittenToken } from "./sample.ts";

export interface SamplerOptions {
  /** Prompt tokens computed between two new tokens of the running messages. Default 2048. */
  readonly prefillTokens?: number;
  /**
   * The most guessed tokens that are checked along with a message's next one; see `guessContinuation`. Changes how long
   * a message takes, not the message. Default 7; 0 turns it off.
   */
  readonly guessedTokens?: number;
}

/** Writes messages for many episodes at once. */
export interface Sampler extends AsyncDisposable {
  /**
   * Writes one message. The result depends on the request alone, not on what else is being written.
   * Rejects with the signal's reason if it is aborted, with what the request's own callbacks throw, and with the session's
   * error if the model fails.
   */
  sample(request: SampleRequest): Promise<Sample>;
}

interface Running {
  readonly request: SampleRequest;
  readonly random: Random;
  readonly tokens: number[];
  logProbability: number;
  /** How many tokens are worth guessing next. */
  worthGuessing: number;
  /** Only where the request has stop strings or wants to be told of each token. */
  readonly text: MessageText | undefined;
  slot: Slot | undefined;
  readonly resolve: (sample: Sample) => void;
  readonly reject: (reason: unknown) => void;
}

/** A message and what is appended to its slot in a tick: the rest of its prompt, or its last token and guesses. */
interface Growing {
  readonly item: Running;
  readonly slot: Slot;
  readonly tokens: readonly number[];
  /** The last of `tokens`. */
  readonly guesses: readonly number[];
}

/**
 * Continuous batching: in a tick all running messages grow by a token, or by more where the next ones were guessed
 * rightly; prompts join and finished messages leave between ticks. The event loop runs between ticks too, so an
 * environment's answer is in the next one.
 */
export function createSampler(
  session: DecodingSession,
  tokenizer: Tokenizer,
  options: SamplerOptions = {},
): Sampler {
  const { prefillTokens = 2048, guessedTokens = 7 } = options;
  const table = new SlotTable(session);
  const isEnd = (token: number | undefined): boolean =>
    token !== undefined && tokenizer.endTokens.includes(token);
  const { vocabularySize } = session.configuration;
  const neverWritten = new Set(tokenizer.neverWritten);
  // Some models have more embeddings than their tokenizer has tokens, at the end or in between.
  const never = Array.from({ length: vocabularySize }, (_, id) => id).filter(
    (id) => neverWritten.has(id) || !tokenizer.has(id),
  );
  const unconstrained: TokenConstraint = { kind: "not", tokens: never };
  const constraintOf = (restriction: TokenRestriction | undefined): TokenConstraint => {
    const constraint = restriction?.constraint() ?? unconstrained;
    if (constraint === unconstrained || constraint.kind === "only") return constraint;
    return { kind: "not", tokens: [...constraint.tokens, ...never] };
  };
  let waiting: Running[] = [];
  let running: Running[] = [];
  let loop: Promise<void> | undefined;
  let disposed = false;

  const sampleOf = ({ tokens, text, logProbability }: Running): Sample => {
    const endsWithToken = isEnd(tokens.at(-1));
    const stopped = text?.stopped === true;
    return {
      tokens,
      text: stopped ? text.given : tokenizer.decode(endsWithToken ? tokens.slice(0, -1) : tokens),
      logProbability,
      ended: endsWithToken || stopped,
    };
  };

  /** Adds the token that the logits and the next draw give; true if the message is then complete. */
  const extend = (item: Running, logits: Float32Array): boolean => {
    const { request } = item;
    const constraint = constraintOf(request.restriction);
    const { token, logProbability } = chooseToken(
      logits,
      request.temperature,
      item.random.next(),
      constraint,
      request.truncation,
    );
    item.tokens.push(token);
    item.logProbability += logProbability;
    request.restriction?.accept(token);
    const ends = isEnd(token);
    const isLast = ends || item.tokens.length >= request.maximumNewTokens;
    if (item.text === undefined) return isLast;
    const start = item.text.length;
    let text = ends ? "" : item.text.add(token);
    if (isLast) text += item.text.finish();
    const likeliest = likeliestTokens(logits, request.likeliestTokens ?? 0, (id) => tokenizer.has(id));
    request.onToken?.({ token, logProbability, likeliest, start, text });
    return isLast || item.text.stopped;
  };

  /** Whether the message is over: complete, or broken off by an error of its own, which is no other message's. */
  const extendOrReject = (item: Running, logits: Float32Array): boolean => {
    try {
      const isComplete = extend(item, logits);
      if (isComplete) item.resolve(sampleOf(item));
      return isComplete;
    } catch (error) {
      item.reject(error);
      return true;
    }
  };

  const dropAborted = (items: readonly Running[]): Running[] =>
    items.filter((item) => {
      if (item.request.signal?.aborted !== true) return true;
      if (item.slot !== undefined) table.release(item.slot);
      item.reject(item.request.signal.reason);
      return false;
    });

  const tick = async (): Promise<void> => {
    running = dropAborted(running);
    waiting = dropAborted(waiting).filter((item) => {
      item.slot = table.place(item.request.prompt, item.request.episode);
      if (item.slot !== undefined) running.push(item);
      return item.slot === undefined;
    });
    let budget = prefillTokens;
    const grown: Growing[] = [];
    for (const item of running) {
      const { slot } = item;
      if (slot === undefined) continue;
      const last = item.tokens.at(-1);
      if (last === undefined) {
        const tokens = slot.pending.slice(0, budget);
        if (tokens.length === 0) continue;
        budget -= tokens.length;
        grown.push({ item, slot, tokens, guesses: [] });
      } else {
        const guesses = guess(item, slot, last);
        grown.push({ item, slot, tokens: [last, ...guesses], guesses });
      }
    }
    if (grown.length === 0) return;
    const logits = await session.append(
      grown.map(({ slot, tokens, guesses }) => ({ slot: slot.index, tokens, logits: 1 + guesses.length })),
    );
    let row = 0;
    for (const growing of grown) {
      const rows = 1 + growing.guesses.length;
      grow(growing, logits.subarray(row * vocabularySize, (row + rows) * vocabularySize));
      row += rows;
    }
  };

  const guess = (item: Running, slot: Slot, last: number): number[] => {
    const room = item.request.maximumNewTokens - item.tokens.length - 1;
    const count = Math.min(guessedTokens, room, item.worthGuessing);
    return count === 0 ? [] : guessContinuation([...slot.tokens, last], count);
  };

  /** Takes what was appended to a message's slot, and the tokens that its logits give, up to the first wrong guess. */
  const grow = ({ item, slot, tokens, guesses }: Growing, logits: Float32Array): void => {
    slot.pending = slot.pending.slice(tokens.length);
    let kept = tokens.length - guesses.length;
    let isOver = false;
    if (slot.pending.length === 0) {
      for (let row = 0; row <= guesses.length; row++) {
        isOver = extendOrReject(item, logits.subarray(row * vocabularySize, (row + 1) * vocabularySize));
        const isGivenUp = item.request.signal?.aborted === true;
        if (isOver || isGivenUp || item.tokens.at(-1) !== guesses[row]) break;
        kept++;
      }
    }
    if (guesses.length > 0) {
      item.worthGuessing = nextGuesses(guesses.length, kept + guesses.length - tokens.length);
    }
    for (let index = 0; index < kept; index++) slot.tokens.push(tokens[index] ?? 0);
    if (kept < tokens.length) session.truncate(slot.index, slot.tokens.length);
    if (!isOver) return;
    table.release(slot);
    running = running.filter((other) => other !== item);
  };

  const failAll = (error: unknown): void => {
    for (const item of [...running, ...waiting]) item.reject(error);
    running = [];
    waiting = [];
    try {
      table.resetAll();
    } catch {
      // The session itself is closed, so nothing more can be sampled.
      disposed = true;
    }
  };

  const runLoop = async (): Promise<void> => {
    // Requests made in the same turn of the event loop start together.
    await setImmediate();
    while (running.length + waiting.length > 0) {
      try {
        await tick();
      } catch (error) {
        failAll(error);
      }
      await setImmediate();
    }
    loop = undefined;
  };

  return {
    sample: (request) => {
      if (disposed) return Promise.reject(new EefError("the sampler is closed"));
      const { maximumPositions } = session.configuration;
      if (request.prompt.length === 0 || request.maximumNewTokens < 1) {
        return Promise.reject(new RangeError("expected a prompt and at least one new token"));
      }
      if (request.prompt.length + request.maximumNewTokens > maximumPositions) {
        return Promise.reject(
          new RangeError(
            `${request.prompt.length} tokens of prompt and ${request.maximumNewTokens} new ones exceed the model's ${maximumPositions} positions`,
          ),
        );
      }
      const { stop = [] } = request;
      return new Promise((resolve, reject) => {
        waiting.push({
          request,
          random: createRandom(request.seed),
          tokens: [],
          logProbability: 0,
          worthGuessing: firstGuesses,
          text: stop.length > 0 || request.onToken !== undefined ? followText(tokenizer, stop) : undefined,
          slot: undefined,
          resolve,
          reject,
        });
        loop ??= runLoop();
      });
    },
    [Symbol.asyncDispose]: async () => {
      disposed = true;
      failAll(new EefError("the sampler was closed before the message was complete"));
      await loop;
    },
  };
}

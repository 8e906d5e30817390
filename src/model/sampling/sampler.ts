import { setImmediate } from "node:timers/promises";
import { EefError } from "../../errors.ts";
import { createRandom, type Random } from "../../random.ts";
import type { AppendRow, DecodingSession } from "../llama/llama.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { chooseToken, likeliestTokens, type TokenConstraint } from "./choose-token.ts";
import { followText, type MessageText } from "./message-text.ts";
import type { Sample, SampleRequest, TokenRestriction } from "./sample.ts";
import { type Slot, SlotTable } from "./slots.ts";

export type { Sample, SampleRequest, TokenRestriction, WrittenToken } from "./sample.ts";

export interface SamplerOptions {
  /** Prompt tokens computed between two new tokens of the running messages. Default 2048. */
  readonly prefillTokens?: number;
}

/** Writes messages for many episodes at once. */
export interface Sampler extends AsyncDisposable {
  /**
   * Writes one message. The result depends on the request alone, not on what else is being written.
   * Rejects with the signal's reason if it is aborted, and with the session's error if the model fails.
   */
  sample(request: SampleRequest): Promise<Sample>;
}

interface Running {
  readonly request: SampleRequest;
  readonly random: Random;
  readonly tokens: number[];
  logProbability: number;
  /** Only where the request has stop strings or wants to be told of each token. */
  readonly text: MessageText | undefined;
  slot: Slot | undefined;
  readonly resolve: (sample: Sample) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Continuous batching: all running messages grow by one token per tick; prompts join and finished messages leave
 * between ticks. The event loop runs between ticks too, so an environment's answer is in the next one.
 */
export function createSampler(
  session: DecodingSession,
  tokenizer: Tokenizer,
  options: SamplerOptions = {},
): Sampler {
  // The engine's rotary positions take no more tokens at once than the model has positions.
  const mostTokens = Math.max(1, session.configuration.maximumPositions - session.maximumSequences);
  const prefillTokens = Math.min(options.prefillTokens ?? 2048, mostTokens);
  const table = new SlotTable(session);
  const isEnd = (token: number | undefined): boolean =>
    token !== undefined && tokenizer.endTokens.includes(token);
  // Some models have more embeddings than their tokenizer has tokens.
  const { vocabularySize } = session.configuration;
  const withoutToken = Array.from(
    { length: Math.max(0, vocabularySize - tokenizer.vocabularySize) },
    (_, index) => tokenizer.vocabularySize + index,
  );
  const never = [...tokenizer.neverWritten, ...withoutToken];
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

  const finish = (item: Running, ended: boolean): void => {
    const written = isEnd(item.tokens.at(-1)) ? item.tokens.slice(0, -1) : item.tokens;
    item.resolve({
      tokens: item.tokens,
      text: item.text?.stopped === true ? item.text.given : tokenizer.decode(written),
      logProbability: item.logProbability,
      ended,
    });
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
    const likeliest = likeliestTokens(logits, request.likeliestTokens ?? 0);
    request.onToken?.({ token, logProbability, likeliest, start, text });
    return isLast || item.text.stopped;
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
    const rows: AppendRow[] = [];
    const grown: { readonly item: Running; readonly slot: Slot }[] = [];
    for (const item of running) {
      const { slot } = item;
      if (slot === undefined) continue;
      const last = item.tokens.at(-1);
      const tokens = last === undefined ? slot.pending.slice(0, budget) : [last];
      if (tokens.length === 0) continue;
      if (last === undefined) budget -= tokens.length;
      rows.push({ slot: slot.index, tokens });
      grown.push({ item, slot });
    }
    if (rows.length === 0) return;
    const logits = await session.append(rows);
    for (const [row, { item, slot }] of grown.entries()) {
      const tokens = rows[row]?.tokens ?? [];
      slot.tokens.push(...tokens);
      slot.pending = slot.pending.slice(tokens.length);
      if (slot.pending.length > 0) continue;
      if (extend(item, logits.subarray(row * vocabularySize, (row + 1) * vocabularySize))) {
        table.release(slot);
        running = running.filter((other) => other !== item);
        finish(item, isEnd(item.tokens.at(-1)) || item.text?.stopped === true);
      }
    }
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

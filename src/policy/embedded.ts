import { z } from "zod";
import { ConfigurationError } from "../errors.ts";
import { type Checkpoint, loadCheckpoint } from "../model/checkpoint/checkpoint.ts";
import type { LlamaConfiguration } from "../model/llama/llama.ts";
import { restrictToActions } from "../model/sampling/action-restriction.ts";
import { openSampler } from "../model/sampling/open-sampler.ts";
import { ChatTemplateError } from "../model/tokenizer/chat-template.ts";
import type { Tokenizer } from "../model/tokenizer/tokenizer.ts";
import { parseOptions } from "../options.ts";
import { deriveSeed } from "../random.ts";
import type { Message } from "../trajectory.ts";
import { PolicyError } from "./chat/policy-error.ts";
import { embeddedPolicyOptionsSchema } from "./embedded-options.ts";
import type { ActRequest, Policy } from "./policy.ts";

export interface EmbeddedPolicyOptions {
  /** Episodes whose transcripts are kept in the model's cache; also the most messages written at once. Default 32. */
  readonly maximumSequences?: number;
  /** Longest message. A longer one is cut off, and its action is then usually invalid. Default 128. */
  readonly maximumNewTokens?: number;
  /** Longest transcript, in tokens, messages of the policy included. Default, and at most: the model's positions. */
  readonly contextLength?: number;
  /** Whether the action must be one of the admissible ones, where the environment lists them. Default: false. */
  readonly restrictToAdmissible?: boolean;
  /** Threads of the tensor engine. Default: the environment variable EEF_THREADS, or 2. */
  readonly threads?: number;
  /** Default "embedded". */
  readonly name?: string;
}

/** Where the model comes from: a checkpoint's directory, or a checkpoint already read. */
export type EmbeddedPolicySource = { readonly directory: string } | { readonly checkpoint: Checkpoint };

/**
 * Opens the embedded student as a policy. Calls of `act` that overlap are computed together; each one's message
 * depends on its request alone. An episode whose transcript leaves no room for a message, or whose message does not
 * end before the context does, stops with "context-overflow".
 * @throws InvalidFileError if the checkpoint cannot be read.
 * @throws ConfigurationError for an unknown option, an impossible value, or a context longer than the model's positions.
 */
export async function createEmbeddedPolicy(
  options: EmbeddedPolicyOptions & EmbeddedPolicySource,
): Promise<Policy> {
  const { maximumNewTokens = defaultNewTokens, restrictToAdmissible = false } = parseOptions(
    "createEmbeddedPolicy()",
    sourcedOptionsSchema,
    options,
    "docs/hugging-face.md",
  );
  const checkpoint = "checkpoint" in options ? options.checkpoint : await loadCheckpoint(options.directory);
  const { configuration, tokenizer } = checkpoint;
  const contextLength = contextLengthOf(options, configuration);
  const sampler = await openSampler(checkpoint, {
    maximumSequences: options.maximumSequences ?? 32,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  const isFirstCall = firstCalls();

  const act = async (request: ActRequest) => {
    const prompt = encodeTranscript(tokenizer, request.messages);
    const promptTokens = prompt.length - (isFirstCall(request) ? 0 : knownTokens(request));
    const room = contextLength - prompt.length;
    if (room < 1) return { message: "", promptTokens, generatedTokens: 0, stop: "context-overflow" as const };
    const actions = restrictToAdmissible ? (request.admissibleActions ?? []) : [];
    const sample = await sampler.sample({
      prompt,
      seed: deriveSeed(request.seed, request.turn),
      temperature: request.temperature,
      maximumNewTokens: Math.min(maximumNewTokens, room),
      episode: String(request.seed),
      ...(actions.length === 0 ? {} : { restriction: restrictToActions(tokenizer, actions) }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    const overflowed = !sample.ended && room < maximumNewTokens;
    return {
      message: sample.text,
      logProbability: sample.logProbability,
      promptTokens,
      generatedTokens: sample.tokens.length,
      ...(overflowed ? { stop: "context-overflow" as const } : {}),
    };
  };

  /** The tokens up to the last message of the policy's own. */
  const knownTokens = ({ messages }: ActRequest): number => {
    const lastOwn = messages.findLastIndex((message) => message.role === "assistant");
    return lastOwn < 0 ? 0 : tokenizer.encodeChat(messages.slice(0, lastOwn + 1)).ids.length;
  };

  return {
    name: options.name ?? "embedded",
    version: versionOf(checkpoint, { maximumNewTokens, contextLength, restrictToAdmissible }),
    act,
    [Symbol.asyncDispose]: () => sampler[Symbol.asyncDispose](),
  };
}

/**
 * The longest transcript and message together, in tokens.
 * @throws ConfigurationError for a context longer than the model's positions.
 */
export function contextLengthOf(
  { contextLength }: EmbeddedPolicyOptions,
  { maximumPositions }: LlamaConfiguration,
): number {
  if (contextLength === undefined) return maximumPositions;
  if (contextLength <= maximumPositions) return contextLength;
  throw new ConfigurationError(
    `The student's contextLength is ${contextLength}, but the model has ${maximumPositions} positions.`,
    { hint: "Choose a smaller one, or leave it out for all that the model has." },
  );
}

const defaultNewTokens = 128;

const sourcedOptionsSchema = embeddedPolicyOptionsSchema.extend({
  directory: z.string().optional(),
  checkpoint: z.unknown().optional(),
});

/** A chat template that refuses one transcript refuses all of its kind, so there is no use in trying others. */
class TemplatePolicyError extends PolicyError {
  override readonly name = "TemplatePolicyError";

  override get isPermanent(): boolean {
    return true;
  }
}

/** @throws TemplatePolicyError if the model's chat template cannot write the transcript. */
function encodeTranscript(tokenizer: Tokenizer, messages: readonly Message[]): readonly number[] {
  try {
    return tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids;
  } catch (cause) {
    if (!(cause instanceof ChatTemplateError)) throw cause;
    throw new TemplatePolicyError(cause.message, {
      cause,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    });
  }
}

/** The checkpoint's version, followed by the settings that are not the default, because they change the behaviour. */
function versionOf(
  checkpoint: Checkpoint,
  settings: { maximumNewTokens: number; contextLength: number; restrictToAdmissible: boolean },
): string {
  const parts = [checkpoint.version];
  if (settings.maximumNewTokens !== defaultNewTokens) parts.push(`tokens=${settings.maximumNewTokens}`);
  if (settings.contextLength !== checkpoint.configuration.maximumPositions) {
    parts.push(`context=${settings.contextLength}`);
  }
  if (settings.restrictToAdmissible) parts.push("admissible");
  return parts.join("+");
}

/**
 * Tells whether a request is the first of its episode, for counting what the policy read: then the whole transcript
 * (also an expert's part of it) is new to it. Only the count depends on this memory, which forgets the oldest
 * episodes.
 */
function firstCalls(): (request: ActRequest) => boolean {
  const rememberedEpisodes = 100_000;
  const lastTurn = new Map<number, number>();
  return ({ seed, turn }) => {
    const before = lastTurn.get(seed);
    lastTurn.delete(seed);
    lastTurn.set(seed, turn);
    const oldest = lastTurn.keys().next();
    if (lastTurn.size > rememberedEpisodes && oldest.done !== true) lastTurn.delete(oldest.value);
    return before === undefined || turn <= before;
  };
}

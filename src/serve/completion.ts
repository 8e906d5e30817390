import { randomInt, randomUUID } from "node:crypto";
import type { Sample, WrittenToken } from "../model/sampling/sampler.ts";
import { ChatTemplateError } from "../model/tokenizer/chat-template.ts";
import { deriveSeed } from "../random.ts";
import { ApiError } from "./api-error.ts";
import type { ChatModel } from "./chat-model.ts";
import type { CompletionRequest } from "./completion-request.ts";
import { collectLogProbabilities, type TokenLogProbability } from "./token-log-probabilities.ts";

/** A request that fits into the model's context, with its tokens. */
export interface PreparedCompletion {
  readonly request: CompletionRequest;
  readonly prompt: readonly number[];
  readonly maximumNewTokens: number;
  readonly seed: number;
  /** What the whole answer and each chunk of a stream begin with. */
  readonly head: { readonly id: string; readonly created: number; readonly model: string };
  readonly fingerprint: string;
}

/**
 * Counts the tokens of a request. The most tokens that a client allows are an upper bound: where there is less room,
 * the answer is cut off earlier, with the finish reason "length".
 * @throws ApiError: 404 for another model than this one, 400 if the messages leave no room for an answer or the chat
 * format has no form for them.
 */
export function prepareCompletion(model: ChatModel, request: CompletionRequest): PreparedCompletion {
  if (request.model !== model.name) throw unknownModel(request.model, model.name);
  const prompt = encodeMessages(model, request);
  const room = model.contextLength - prompt.length;
  if (room < 1) {
    throw new ApiError(
      400,
      `This model's maximum context length is ${model.contextLength} tokens, but the messages have ${prompt.length} and leave no room for an answer. Shorten them.`,
      { parameter: "messages", code: "context_length_exceeded" },
    );
  }
  return {
    request,
    prompt,
    maximumNewTokens: Math.min(room, request.maximumTokens ?? room),
    seed: request.seed ?? randomInt(2 ** 31),
    head: { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: model.name },
    fingerprint: `eef-${model.version.slice(0, 12)}`,
  };
}

/** @throws ApiError (400) if the model's chat format has no form for the messages. */
function encodeMessages(model: ChatModel, { messages }: CompletionRequest): readonly number[] {
  try {
    return model.encode(messages);
  } catch (error) {
    if (!(error instanceof ChatTemplateError)) throw error;
    throw new ApiError(400, error.message, { parameter: "messages" });
  }
}

export function unknownModel(asked: string, offered: string): ApiError {
  const shown = asked.length > 100 ? `${asked.slice(0, 100)}…` : asked;
  return new ApiError(404, `The model \`${shown}\` does not exist. This server has \`${offered}\`.`, {
    parameter: "model",
    code: "model_not_found",
  });
}

/** Writes all choices and returns the answer as a whole. */
export async function complete(model: ChatModel, prepared: PreparedCompletion, signal: AbortSignal) {
  const choices = await writeChoices(model, prepared, signal, () => {});
  return {
    ...prepared.head,
    object: "chat.completion",
    system_fingerprint: prepared.fingerprint,
    choices: choices.map(({ sample, entries }, index) => ({
      index,
      message: { role: "assistant", content: sample.text, refusal: null },
      finish_reason: finishReason(sample),
      logprobs: prepared.request.likeliestTokens === undefined ? null : { content: entries, refusal: null },
    })),
    usage: usageOf(
      prepared,
      choices.map(({ sample }) => sample),
    ),
  };
}

/** Writes all choices and sends each piece of text as soon as it is certain. */
export async function streamCompletion(
  model: ChatModel,
  prepared: PreparedCompletion,
  signal: AbortSignal,
  send: (chunk: unknown) => void,
): Promise<void> {
  const { request } = prepared;
  const sendChunk = (choices: readonly unknown[], usage: unknown = null) =>
    send({
      ...prepared.head,
      object: "chat.completion.chunk",
      system_fingerprint: prepared.fingerprint,
      choices,
      ...(request.includeUsage ? { usage } : {}),
    });
  const sendDelta = (
    index: number,
    delta: Readonly<Record<string, string>>,
    entries: readonly TokenLogProbability[] = [],
    finish_reason: string | null = null,
  ) => {
    const logprobs = entries.length === 0 ? null : { content: entries, refusal: null };
    sendChunk([{ index, delta, logprobs, finish_reason }]);
  };
  for (let index = 0; index < request.choices; index++) {
    sendDelta(index, { role: "assistant", content: "" });
  }
  const choices = await writeChoices(model, prepared, signal, (index, content, entries, sample) => {
    if (content !== "" || entries.length > 0) sendDelta(index, { content }, entries);
    if (sample !== undefined) sendDelta(index, {}, [], finishReason(sample));
  });
  const samples = choices.map(({ sample }) => sample);
  if (request.includeUsage) sendChunk([], usageOf(prepared, samples));
}

interface WrittenChoice {
  readonly sample: Sample;
  /** Of every token of its text; empty if no log-probabilities are asked for. */
  readonly entries: readonly TokenLogProbability[];
}

/** Told with each piece of a choice, and once more at its end with the sample. */
type OnPiece = (
  index: number,
  text: string,
  entries: readonly TokenLogProbability[],
  sample?: Sample,
) => void;

/** The choices of one request share its prompt, which is computed once. */
async function writeChoices(
  model: ChatModel,
  { request, prompt, maximumNewTokens, seed }: PreparedCompletion,
  signal: AbortSignal,
  onPiece: OnPiece,
): Promise<readonly WrittenChoice[]> {
  const writeChoice = async (index: number): Promise<WrittenChoice> => {
    const logProbabilities =
      request.likeliestTokens === undefined ? undefined : collectLogProbabilities(model.tokenizer);
    const entries: TokenLogProbability[] = [];
    const sample = await model.write({
      prompt,
      // The first choice is the one that a request for a single one gets.
      seed: index === 0 ? seed : deriveSeed(seed, index),
      temperature: request.temperature,
      ...(request.truncation === undefined ? {} : { truncation: request.truncation }),
      maximumNewTokens,
      stop: request.stop,
      likeliestTokens: request.likeliestTokens ?? 0,
      onToken: (written: WrittenToken) => {
        const ready = logProbabilities?.add(written) ?? [];
        entries.push(...ready);
        onPiece(index, written.text, ready);
      },
      signal,
    });
    const last = sample.tokens.at(-1);
    const stoppedByText = sample.ended && (last === undefined || !model.tokenizer.endTokens.includes(last));
    const left = logProbabilities?.finish(stoppedByText) ?? [];
    entries.push(...left);
    onPiece(index, "", left, sample);
    return { sample, entries };
  };
  return await Promise.all(Array.from({ length: request.choices }, (_, index) => writeChoice(index)));
}

function finishReason(sample: Sample): "stop" | "length" {
  return sample.ended ? "stop" : "length";
}

/** The prompt counts once; of the answers every token that was computed, end tokens and stop strings included. */
function usageOf({ prompt }: PreparedCompletion, samples: readonly Sample[]) {
  const completion_tokens = samples.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return {
    prompt_tokens: prompt.length,
    completion_tokens,
    total_tokens: prompt.length + completion_tokens,
  };
}

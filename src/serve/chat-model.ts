import { basename, resolve } from "node:path";
import { loadCheckpoint } from "../model/checkpoint/checkpoint.ts";
import { openSampler } from "../model/sampling/open-sampler.ts";
import type { Sample, SampleRequest } from "../model/sampling/sampler.ts";
import type { Tokenizer } from "../model/tokenizer/tokenizer.ts";
import type { Message } from "../trajectory.ts";

/** A checkpoint that is open for conversation. */
export interface ChatModel extends AsyncDisposable {
  /** What clients call it. */
  readonly name: string;
  /** The checkpoint's version: equal only for models that behave alike. */
  readonly version: string;
  /** Tokens that prompt and answer have together. */
  readonly contextLength: number;
  readonly tokenizer: Tokenizer;
  /** The tokens of a transcript, up to where the model is to speak. */
  encode(messages: readonly Message[]): readonly number[];
  /** Writes one message; those asked for at the same time are computed together. */
  write(request: SampleRequest): Promise<Sample>;
}

export interface ChatModelOptions {
  /** The checkpoint's directory. */
  readonly directory: string;
  /** Default: the directory's own name. */
  readonly name?: string;
  /** The most messages written at once; further ones wait. Default 16. */
  readonly maximumSequences?: number;
  /** Threads of the tensor engine. Default: the environment variable EEF_THREADS, or 2. */
  readonly threads?: number;
}

/**
 * Opens a checkpoint.
 * @throws InvalidFileError naming the file that is missing or wrong.
 */
export async function openChatModel(options: ChatModelOptions): Promise<ChatModel> {
  const checkpoint = await loadCheckpoint(options.directory);
  const { configuration, tokenizer, version } = checkpoint;
  const sampler = await openSampler(checkpoint, {
    maximumSequences: options.maximumSequences ?? 16,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  return {
    name: options.name ?? basename(resolve(options.directory)),
    version,
    contextLength: configuration.maximumPositions,
    tokenizer,
    encode: (messages) => tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids,
    write: (request) => sampler.sample(request),
    [Symbol.asyncDispose]: () => sampler[Symbol.asyncDispose](),
  };
}

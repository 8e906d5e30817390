import { createDecodingThread } from "../llama/decoding-thread/decoding-thread.ts";
import { createDecodingSession, type LlamaConfiguration, type Parameters } from "../llama/llama.ts";
import { defaultThreads } from "../llama/threads.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { createSampler, type Sampler, type SamplerOptions } from "./sampler.ts";
import { createSamplerPool } from "./sampler-pool.ts";

/** A model that can write. */
export interface SampledModel {
  readonly configuration: LlamaConfiguration;
  readonly parameters: Parameters;
  readonly tokenizer: Tokenizer;
}

export interface OpenSamplerOptions extends SamplerOptions {
  /** The most messages written at once, and the episodes whose transcripts are kept. */
  readonly maximumSequences: number;
  /** Threads of the tensor engine. Default: `defaultThreads()`. */
  readonly threads?: number;
}

/** Fewer sequences at once use a core less well: a product of matrices needs rows. */
const sequencesOfASession = 16;

/** In bytes. Each session holds the parameters; those of a larger model are held once, and its products suit all threads. */
const largestCopied = 128 * 2 ** 20;

/**
 * Opens a model for writing messages. Closing the sampler closes the model.
 *
 * With two threads or more, and sequences enough, a small model gets several sessions, each in a thread of its own with
 * its share of the sequences. A small model's products gain little from being split over threads, and what is done between them
 * (moving keys and values, choosing tokens) then goes on beside another session's products. The messages are the same.
 */
export async function openSampler(model: SampledModel, options: OpenSamplerOptions): Promise<Sampler> {
  const { configuration, parameters, tokenizer } = model;
  const { threads = defaultThreads() } = options;
  const bytes = parameters.values().reduce((sum, { data }) => sum + data.byteLength, 0);
  const wanted = Math.min(threads, Math.floor(options.maximumSequences / sequencesOfASession));
  const count = bytes > largestCopied ? 1 : Math.max(1, wanted);
  const sessionOptions = {
    maximumSequences: Math.ceil(options.maximumSequences / count),
    threads: Math.floor(threads / count),
  };
  await using opened = new AsyncDisposableStack();
  const open = count === 1 ? createDecodingSession : createDecodingThread;
  const sessions = await Promise.all(
    Array.from({ length: count }, async () =>
      opened.use(await open(configuration, parameters, sessionOptions)),
    ),
  );
  const { maximumSequences } = sessionOptions;
  const members = sessions.map((session) => ({
    sampler: opened.use(createSampler(session, tokenizer, options)),
    maximumSequences,
  }));
  const pool = createSamplerPool(members);
  const closing = opened.move();
  return { sample: (request) => pool.sample(request), [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

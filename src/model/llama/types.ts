import type { Device } from "../graph/graph.ts";

/** Shape of a Llama (Hugging Face `LlamaForCausalLM`, no biases). */
export interface LlamaConfiguration {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  /** Query heads; a multiple of `keyValueHeads`. */
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Even. `heads * headSize` need not equal `hiddenSize`. */
  readonly headSize: number;
  readonly intermediateSize: number;
  /** Positions run from 0 to `maximumPositions - 1`. */
  readonly maximumPositions: number;
  readonly ropeTheta: number;
  /** How rotary positions are stretched beyond the original context; left out: not at all. */
  readonly ropeScaling?: RopeScaling;
  readonly rmsNormEpsilon: number;
  /** The language model head is the embedding matrix. */
  readonly tiedEmbeddings: boolean;
}

/** See `rotaryFrequencies`. All numbers are positive. */
export type RopeScaling =
  | { readonly kind: "linear"; readonly factor: number }
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalMaximumPositions: number;
    };

/** A dense row-major array. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Weights by their Hugging Face names, matrices as [out, in]: `model.embed_tokens.weight`,
 * `model.layers.N.self_attn.q_proj.weight`, ..., `model.norm.weight`, and `lm_head.weight` if untied.
 */
export type Parameters = ReadonlyMap<string, Tensor>;

/**
 * Token sequences and what is to be predicted in them. All arrays are row-major [rows, length].
 *
 * The loss is sum(w * -log p(target)) / sum(w) over all places (row, t), where p is the softmax of the logits at
 * (row, t), `target = targets[row, t]` and `w = targetWeights[row, t]`. To teach token t + 1 from what stands up
 * to t, set `targets[row, t] = inputIds[row, t + 1]`. Places of weight 0 cost no logits, so their targets are
 * never read. Padding belongs at the end of a row, with weight 0.
 */
export interface TrainingBatch {
  readonly rows: number;
  readonly length: number;
  readonly inputIds: Int32Array;
  readonly targets: Int32Array;
  /** Not negative; at least one is above 0. */
  readonly targetWeights: Float32Array;
  /** Rotary position of each token; 0, 1, 2, ... in each row if left out. */
  readonly positions?: Int32Array;
  /**
   * For packing: the token at place `k` of a row is seen by the places from `k` to `seenUntil[k]` (exclusive) of the row.
   * Sequences side by side end where the next one begins; in a tree of sequences that share their beginnings, a
   * token is seen to the end of what goes on from it. The row's end if left out.
   */
  readonly seenUntil?: Int32Array;
}

/** Adam with decoupled weight decay, as `torch.optim.AdamW`, after clipping as `torch.nn.utils.clip_grad_norm_`. */
export interface LearningOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Largest norm of the whole gradient; Infinity leaves it alone. */
  readonly clipNorm: number;
  /** Whether weight decay also applies to the embeddings (with a tied head) and the norm weights. Default: false. */
  readonly decayEmbeddingsAndNorms?: boolean;
}

/** What AdamW carries from step to step. */
export interface OptimizerState {
  /** Steps taken so far. */
  readonly step: number;
  readonly firstMoments: Parameters;
  readonly secondMoments: Parameters;
}

export interface TrainingSessionOptions {
  readonly learning: LearningOptions;
  /** Threads of the tensor engine. Default: `defaultThreads()`. */
  readonly threads?: number;
  /** What computes loss and gradient; the update is computed on the CPU in any case. Default "cpu". See `chooseDevice`. */
  readonly device?: Device;
  /** Continue from here; zeros if left out. */
  readonly optimizerState?: OptimizerState;
}

export interface StepResult {
  /** Loss of the batch before the update, see TrainingBatch. */
  readonly loss: number;
  /** L2 norm of the whole gradient before clipping. */
  readonly gradientNorm: number;
}

/** Holds parameters and optimizer state and updates them. Close it with `await using` or its dispose method. */
export interface TrainingSession extends AsyncDisposable {
  readonly configuration: LlamaConfiguration;
  /**
   * One update. Several batches make one update with the gradient of their joint loss (sum over all of w * loss,
   * divided by the sum of all w). Memory does not grow with the batch: rows are computed a few at a time. Blocks the event loop while it computes.
   * Throws an EefError, and leaves the parameters as they were, if loss or gradient is not finite.
   */
  step(batch: TrainingBatch | readonly TrainingBatch[], learningRate: number): Promise<StepResult>;
  /** The loss alone, no update. */
  evaluate(batch: TrainingBatch | readonly TrainingBatch[]): Promise<{ readonly loss: number }>;
  /** A copy of the current parameters. */
  parameters(): Promise<Parameters>;
  /** A copy of the optimizer's state. */
  optimizerState(): Promise<OptimizerState>;
}

/** Tokens to append to the sequence of a slot. */
export interface AppendRow {
  readonly slot: number;
  /** At least one token. */
  readonly tokens: readonly number[];
  /** Of how many of them, from the last one back, the logits are wanted. At least 1; default 1. */
  readonly logits?: number;
}

export interface DecodingSessionOptions {
  /** How many slots there are, numbered from 0. Memory grows with use only. */
  readonly maximumSequences: number;
  /** Threads of the tensor engine. Default: `defaultThreads()`. */
  readonly threads?: number;
}

/**
 * Sequences ("slots") with their cached keys and values. The logits of a row depend on the tokens of its slot alone,
 * bit for bit: not on the other rows of the call, nor on how the tokens were split over calls, nor on the slot's
 * number or history (decoding.test.ts holds the claim).
 */
export interface DecodingSession extends AsyncDisposable {
  readonly configuration: LlamaConfiguration;
  readonly maximumSequences: number;
  /**
   * Appends tokens to slots (each slot at most once in a call) and returns the logits of the last tokens of each row
   * (of one, unless it asks for more), [sum of them, vocabulary], in the caller's order and the caller's to keep. Rows
   * may differ in length: new prompts and single tokens go together. Blocks the event loop while it computes. Throws a RangeError for an unknown slot
   * or token and a ContextOverflowError, before anything is changed, where a slot would exceed the model's positions.
   */
  append(rows: readonly AppendRow[]): Promise<Float32Array<ArrayBuffer>>;
  /** Tokens in the slot. */
  length(slot: number): number;
  /** Empties the slot. */
  reset(slot: number): void;
  /** Forgets all tokens from `length` on. */
  truncate(slot: number, length: number): void;
  /** Makes `toSlot` hold exactly the first `length` tokens of `fromSlot`; copies, so the two are independent. */
  copyPrefix(fromSlot: number, toSlot: number, length: number): void;
}

import type { Graph } from "../graph/graph.ts";
import { explainingMemory } from "../graph/out-of-memory.ts";
import { type Feed, type GraphResults, type GraphSession, openGraph } from "../graph/session.ts";
import {
  fullGradient,
  type GradientOutput,
  type GradientSession,
  gradientOutputs,
} from "./batch-gradient.ts";
import { TrainingDivergedError } from "./errors.ts";
import { flatten, type Layout, layoutOf, viewParameters } from "./flat-parameters.ts";
import { checkParameters, isDecayedByDefault } from "./parameters.ts";
import { SessionsByLength } from "./sessions-by-length.ts";
import { defaultThreads } from "./threads.ts";
import { type BatchFeeds, batchFeeds, checkBatches, leastPlacesFor, splitRows } from "./training-batch.ts";
import { lossGraph } from "./training-graph.ts";
import { bytesKept, bytesOfSession, tokensAtOnce } from "./training-memory.ts";
import type {
  LlamaConfiguration,
  OptimizerState,
  Parameters,
  Tensor,
  TrainingBatch,
  TrainingSession,
  TrainingSessionOptions,
} from "./types.ts";
import { updateGraph } from "./update-graph.ts";

/** What a session trains, and how its graphs get and give it. */
export interface Trained {
  readonly configuration: LlamaConfiguration;
  /** All that is trained, in one vector. */
  readonly layout: Layout;
  readonly initial: Parameters;
  isDecayed(name: string): boolean;
  /** The loss of rows of a length and, if wanted, its gradient. */
  graph(length: number, withGradient: boolean): Graph;
  readonly gradientOutputs: readonly GradientOutput[];
  /** Inputs of the graphs that stay as they are. */
  readonly frozen: Readonly<Record<string, Feed>>;
  /** Further inputs of the gradient's graph, for a part of a step. */
  stepFeeds(step: number, part: number, batch: BatchFeeds): Readonly<Record<string, Feed>>;
  /** The gradient of all that is trained: a vector of the caller's own. */
  gradientOf(results: GraphResults<GradientOutput>, batch: BatchFeeds): Float32Array;
}

/**
 * Opens a training session on a copy of the parameters. The graphs of a row length are compiled when it first comes,
 * which takes about 0.1 to 0.3 s, so let batches have few different lengths; any number of rows is fine.
 */
export async function createTrainingSession(
  configuration: LlamaConfiguration,
  parameters: Parameters,
  options: TrainingSessionOptions,
): Promise<TrainingSession> {
  checkParameters(configuration, parameters);
  const layout = layoutOf(configuration);
  return await openTrainingSession(
    {
      configuration,
      layout,
      initial: parameters,
      isDecayed: (name) => options.learning.decayEmbeddingsAndNorms === true || isDecayedByDefault(name),
      graph: (length, withGradient) => lossGraph(configuration, length, withGradient),
      gradientOutputs,
      frozen: {},
      stepFeeds: () => ({}),
      gradientOf: (results, batch) => fullGradient(layout, results, batch),
    },
    options,
  );
}

const memoryHint =
  "Train on shorter transcripts (contextLength), or train an adapter (lora) instead of the whole model.";

/** A session on whatever is trained; see `createTrainingSession` and `createLoraSession`. */
export async function openTrainingSession(
  trained: Trained,
  options: TrainingSessionOptions,
): Promise<TrainingSession> {
  return await explainingMemory("opening the model for training", memoryHint, () => open(trained, options));
}

async function open(trained: Trained, options: TrainingSessionOptions): Promise<TrainingSession> {
  const { configuration, layout } = trained;
  const { learning, optimizerState } = options;
  const threads = options.threads ?? defaultThreads();
  const { device = "cpu" } = options;
  const decays = new Float32Array(layout.size);
  for (const { name, start, end } of layout.entries) {
    if (trained.isDecayed(name)) decays.fill(1, start, end);
  }

  let current = flatten(layout, trained.initial);
  let firstMoments = optimizerState
    ? flatten(layout, optimizerState.firstMoments)
    : new Float32Array(layout.size);
  let secondMoments = optimizerState
    ? flatten(layout, optimizerState.secondMoments)
    : new Float32Array(layout.size);
  let stepsTaken = optimizerState?.step ?? 0;

  // After the vectors, for which there may be no memory.
  const update = await openGraph(
    updateGraph(layout.size, learning),
    ["newParameters", "newFirstMoments", "newSecondMoments", "gradientNorm"],
    { threads },
  );

  const memory = { bytesOf: (length: number) => bytesOfSession(configuration, length), budget: bytesKept };
  const gradientSessions = new SessionsByLength<GradientSession>(
    (length) => openGraph(trained.graph(length, true), trained.gradientOutputs, { threads, device }),
    memory,
  );
  const lossSessions = new SessionsByLength<GraphSession<"loss">>(
    (length) => openGraph(trained.graph(length, false), ["loss"], { threads, device }),
    memory,
  );
  const parameterFeeds = () => ({
    ...trained.frozen,
    ...Object.fromEntries(viewParameters(layout, current)),
  });
  const leastPlaces = leastPlacesFor(configuration);
  const feedsOf = (part: TrainingBatch, totalWeight: number) => batchFeeds(part, totalWeight, leastPlaces);
  const vector = (data: Float32Array) => ({ data, shape: [layout.size] });
  const number = (value: number) => ({ data: Float32Array.of(value), shape: [1] });

  const takeStep: TrainingSession["step"] = async (oneOrMore, learningRate) => {
    const batches = listOf(oneOrMore);
    const totalWeight = checkBatches(batches, configuration);
    const parts = partsOf(batches, configuration);
    const step = stepsTaken + 1;
    let loss = 0;
    let gradient: Float32Array | undefined;
    for (const [index, part] of parts.entries()) {
      const session = await gradientSessions.get(part.length);
      const batch = feedsOf(part, totalWeight);
      const more = trained.stepFeeds(step, index, batch);
      const results = await session.run({ ...parameterFeeds(), ...batch, ...more });
      loss += results.get("loss")[0] ?? Number.NaN;
      const addend = trained.gradientOf(results, batch);
      gradient = gradient === undefined ? addend : addInto(gradient, addend);
    }
    if (!Number.isFinite(loss) || gradient === undefined) throw new TrainingDivergedError(step, "loss", loss);
    const results = await update.run({
      parameters: vector(current),
      firstMoments: vector(firstMoments),
      secondMoments: vector(secondMoments),
      gradient: vector(gradient),
      decays: vector(decays),
      learningRate: number(learningRate),
      firstCorrection: number(1 - learning.beta1 ** step),
      secondCorrection: number(1 - learning.beta2 ** step),
    });
    const gradientNorm = results.get("gradientNorm")[0] ?? Number.NaN;
    if (!Number.isFinite(gradientNorm)) throw new TrainingDivergedError(step, "gradient norm", gradientNorm);
    current = results.get("newParameters");
    firstMoments = results.get("newFirstMoments");
    secondMoments = results.get("newSecondMoments");
    stepsTaken = step;
    return { loss, gradientNorm };
  };

  return {
    configuration,
    step(oneOrMore, learningRate) {
      return explainingMemory(`training step ${stepsTaken + 1}`, memoryHint, () =>
        takeStep(oneOrMore, learningRate),
      );
    },
    async evaluate(oneOrMore) {
      const batches = listOf(oneOrMore);
      const totalWeight = checkBatches(batches, configuration);
      const parts = partsOf(batches, configuration);
      let loss = 0;
      for (const part of parts) {
        const session = await lossSessions.get(part.length);
        const results = await session.run({ ...parameterFeeds(), ...feedsOf(part, totalWeight) });
        loss += results.get("loss")[0] ?? Number.NaN;
      }
      return { loss };
    },
    async parameters() {
      return copied(viewParameters(layout, current));
    },
    async optimizerState(): Promise<OptimizerState> {
      return {
        step: stepsTaken,
        firstMoments: copied(viewParameters(layout, firstMoments)),
        secondMoments: copied(viewParameters(layout, secondMoments)),
      };
    },
    async [Symbol.asyncDispose]() {
      await update[Symbol.asyncDispose]();
      await gradientSessions[Symbol.asyncDispose]();
      await lossSessions[Symbol.asyncDispose]();
    },
  };
}

function partsOf(batches: readonly TrainingBatch[], configuration: LlamaConfiguration): TrainingBatch[] {
  return batches.flatMap((batch) => splitRows(batch, tokensAtOnce(configuration, batch.length)));
}

function listOf(batches: TrainingBatch | readonly TrainingBatch[]): readonly TrainingBatch[] {
  return "inputIds" in batches ? [batches] : batches;
}

function addInto(sum: Float32Array, addend: Float32Array): Float32Array {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (addend[i] ?? 0);
  return sum;
}

function copied(parameters: ReadonlyMap<string, Tensor>): Parameters {
  return new Map([...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

import { createRandom, deriveSeed } from "../../random.ts";
import type { Feed } from "../graph/session.ts";
import { layoutOfShapes } from "./flat-parameters.ts";
import { type Adapter, adaptedModules, adapterShapes, checkLoraOptions } from "./lora.ts";
import { checkParameters } from "./parameters.ts";
import { openTrainingSession } from "./training.ts";
import { lossGraph } from "./training-graph.ts";
import type { LlamaConfiguration, Parameters, TrainingSession, TrainingSessionOptions } from "./types.ts";

export interface LoraSessionOptions extends TrainingSessionOptions {
  /** Decides what dropout leaves out in each step. Default 0. */
  readonly seed?: number;
}

/**
 * Opens a training session that trains an adapter; the session's `parameters()` are the adapter's. The model's own
 * parameters are read in place, not copied, so they must not change while the session is open; they have neither
 * gradients nor optimizer state.
 */
export async function createLoraSession(
  configuration: LlamaConfiguration,
  parameters: Parameters,
  adapter: Adapter,
  options: LoraSessionOptions,
): Promise<TrainingSession> {
  const { options: lora } = adapter;
  checkLoraOptions(lora);
  checkParameters(configuration, parameters);
  const { seed = 0 } = options;
  const modules = adaptedModules(configuration, lora);
  const lastLayer = `model.layers.${configuration.layers - 1}.`;

  /** Which inputs of each module are kept, drawn anew for each part of each step. */
  const kept = (step: number, part: number, sizes: { tokens: number; targets: number }) => {
    const feeds: Record<string, Feed> = {};
    if (lora.dropout === 0) return feeds;
    for (const { module, inSize } of modules) {
      // Behind the attention of the last layer only the places with a target are computed.
      const onTargets = module.startsWith(lastLayer) && !/\.[qkv]_proj$/.test(module);
      const rows = onTargets ? sizes.targets : sizes.tokens;
      const random = createRandom(deriveSeed(seed, step, part, module));
      const data = new Uint8Array(rows * inSize);
      for (let i = 0; i < data.length; i++) data[i] = random.next() < lora.dropout ? 0 : 1;
      feeds[`${module}.kept`] = { data, shape: [rows, inSize] };
    }
    return feeds;
  };

  return await openTrainingSession(
    {
      configuration,
      layout: layoutOfShapes(adapterShapes(configuration, lora)),
      initial: adapter.parameters,
      isDecayed: () => true,
      graph: (length, withGradient) => lossGraph(configuration, length, withGradient, lora),
      gradientOutputs: ["loss", "gradient"],
      frozen: Object.fromEntries(parameters),
      stepFeeds: (step, part, batch) =>
        kept(step, part, {
          tokens: batch.inputIds.data.length,
          targets: batch.targets.data.length,
        }),
      gradientOf: (results) => results.get("gradient"),
    },
    options,
  );
}

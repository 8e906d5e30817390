import type { Feed, GraphResults, GraphSession } from "../graph/session.ts";
import type { Layout } from "./flat-parameters.ts";
import type { BatchFeeds } from "./training-batch.ts";

export const gradientOutputs = ["loss", "gradient", "inputRowGradients", "targetRowGradients"] as const;

export type GradientOutput = (typeof gradientOutputs)[number];
export type GradientSession = GraphSession<GradientOutput>;

/**
 * The gradient of all parameters, a new vector, from the results of a run of `lossGraph`: adds up the gradients of
 * embedding rows by token, in a fixed order.
 */
export function fullGradient(
  layout: Layout,
  results: GraphResults<GradientOutput>,
  batch: BatchFeeds,
): Float32Array {
  const gradient = results.get("gradient");
  const table = (name: string) => {
    const entry = layout.entries.find((each) => each.name === name);
    return entry && { rows: gradient.subarray(entry.start, entry.end), width: entry.shape[1] ?? 0 };
  };
  const embeddings = table("model.embed_tokens.weight");
  const head = table("lm_head.weight") ?? embeddings;
  if (embeddings === undefined || head === undefined) throw new Error("the layout has no embeddings");
  addRows(embeddings, batch.inputIds.data, results.get("inputRowGradients"));
  addRows(head, batch.targets.data, results.get("targetRowGradients"));
  return gradient;
}

/** Runs the graph of `lossGraph` once; for tests. */
export async function batchGradient(
  session: GradientSession,
  layout: Layout,
  parameters: Readonly<Record<string, Feed>>,
  batch: BatchFeeds,
): Promise<{ readonly loss: number; readonly gradient: Float32Array }> {
  const results = await session.run({ ...parameters, ...batch });
  return {
    loss: results.get("loss")[0] ?? Number.NaN,
    gradient: fullGradient(layout, results, batch),
  };
}

function addRows(
  table: { readonly rows: Float32Array; readonly width: number },
  ids: Feed["data"],
  addends: Float32Array,
): void {
  const { rows, width } = table;
  for (let i = 0; i < ids.length; i++) {
    const target = Number(ids[i]) * width;
    const source = i * width;
    for (let d = 0; d < width; d++) rows[target + d] = (rows[target + d] ?? 0) + (addends[source + d] ?? 0);
  }
}

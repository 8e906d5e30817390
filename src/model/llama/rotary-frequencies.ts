import type { LlamaConfiguration, RopeScaling } from "./types.ts";

/**
 * The angle by which a position turns each pair of dimensions, [headSize / 2]: theta^(-2 i / headSize) (Su et al. 2021),
 * scaled for contexts longer than those of the original training.
 */
export function rotaryFrequencies(configuration: LlamaConfiguration): Float64Array {
  const { headSize, ropeTheta, ropeScaling } = configuration;
  const half = headSize / 2;
  const frequencies = Float64Array.from({ length: half }, (_, i) => ropeTheta ** (-i / half));
  return ropeScaling === undefined ? frequencies : frequencies.map((each) => scaled(each, ropeScaling));
}

/**
 * "linear" divides all positions by the factor. "llama3" (as `_compute_llama3_parameters` of transformers) does so for
 * wavelengths longer than originalMaximumPositions / lowFrequencyFactor, leaves those shorter than
 * originalMaximumPositions / highFrequencyFactor, and blends between.
 */
function scaled(frequency: number, scaling: RopeScaling): number {
  if (scaling.kind === "linear") return frequency / scaling.factor;
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling;
  // How often the pair turns round within the original context.
  const turns = (scaling.originalMaximumPositions * frequency) / (2 * Math.PI);
  if (turns < low) return frequency / factor;
  if (turns > high) return frequency;
  const kept = (turns - low) / (high - low);
  return (1 - kept) * (frequency / factor) + kept * frequency;
}

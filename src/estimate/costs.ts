import type { AssumptionName, Assumptions } from "./assumptions.ts";
import type { Work } from "./work.ts";

/** Hours of one GPU; divided by the number of GPUs, hours on the clock. */
export interface GpuHours {
  readonly training: number;
  readonly playing: number;
}

export interface Costs {
  readonly gpuHours: GpuHours;
  /** On the clock, with all GPUs busy. */
  readonly hours: number;
  /** USD for the GPUs. */
  readonly gpuPrice: number;
  /** USD for the experts that are yet to act, at a hosted model. */
  readonly expertPrice: number;
  /** USD if the fine-tunings were done by a hosted trainer instead. */
  readonly hostedTrainingPrice: number;
}

/** What the student's work takes on the assumed hardware, and the experts' at a hosted model. */
export function costsOf(student: Work, expert: Work, assumptions: Assumptions): Costs {
  const value = (name: AssumptionName) => assumptions[name].value;
  const trainedTokens = student.exampleTokens * value("epochs");
  const operations = value("floating-point-operations-per-token") * value("parameters") * trainedTokens;
  const training =
    operations / (value("gpu-teraflops") * 1e12 * value("training-utilisation")) / secondsPerHour;
  const read = value("prefix-cache") === 1 ? student.newTokens : student.promptTokens;
  const playing =
    (read / value("read-tokens-per-second") +
      student.generatedTokens / value("generated-tokens-per-second")) /
    secondsPerHour;
  const gpuHours = { training, playing };
  return {
    gpuHours,
    hours: (training + playing) / value("gpus"),
    gpuPrice: (training + playing) * value("gpu-price"),
    expertPrice:
      (expert.promptTokens * value("expert-input-price") +
        expert.generatedTokens * value("expert-output-price")) /
      1e6,
    hostedTrainingPrice: (trainedTokens * value("hosted-training-price")) / 1e6,
  };
}

const secondsPerHour = 3600;

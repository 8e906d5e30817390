/** What one line of a trainer's output says about how far it is. */
export interface ProgressLine {
  /** Optimiser steps done. */
  readonly step?: number;
  readonly steps?: number;
  /** Not finite if the training has broken down. */
  readonly loss?: number;
  /** The mean of all losses, at the end. */
  readonly meanLoss?: number;
}

export type ProgressReader = (text: string) => ProgressLine | undefined;

const lossPattern = metricPattern("loss");
const meanLossPattern = metricPattern("train_loss");
const gradientNormPattern = metricPattern("grad_norm");
/** ms-swift puts the step into each line of the log. */
const stepPattern = /["']global_step\/max_steps["']\s*:\s*["']?(\d+)\/(\d+)/;
/** The progress bar of the Hugging Face trainer is the one without a description; ms-swift calls its own "Train". */
const barPattern = /^\s*(?:Train:\s*)?\d+%\|[^|]*\|\s*(\d+)\/(\d+) \[/;

/**
 * Reads what the Hugging Face `Trainer` prints, which TRL, Axolotl, ms-swift and LLaMA-Factory are built on: a
 * progress bar (`12%|█ | 3/25 [00:04<00:31, 1.4s/it]`) and a line of metrics for each logged step
 * (`{'loss': 0.8213, 'grad_norm': ...}`; newer versions write the numbers as strings).
 */
export const readHuggingFaceProgress: ProgressReader = (text) => {
  const loss = lossPattern.exec(text)?.[1];
  const meanLoss = meanLossPattern.exec(text)?.[1];
  const step = stepPattern.exec(text) ?? barPattern.exec(text);
  if (loss === undefined && meanLoss === undefined && step === null) return undefined;
  return {
    ...(step === null ? {} : { step: Number(step[1]), steps: Number(step[2]) }),
    ...(meanLoss === undefined ? {} : { meanLoss: numberOf(meanLoss) }),
    ...(loss === undefined ? {} : { loss: trueLoss(numberOf(loss), gradientNormOf(text)) }),
  };
};

/**
 * Unless `logging_nan_inf_filter` is off, which not every trainer lets us do, transformers leaves losses that are no numbers out of the mean: what
 * is shown then is a loss of exactly 0, with a gradient that is no number either.
 */
export function trueLoss(loss: number, gradientNorm: number | undefined): number {
  return loss === 0 && Number.isNaN(gradientNorm) ? Number.NaN : loss;
}

function gradientNormOf(text: string): number | undefined {
  const norm = gradientNormPattern.exec(text)?.[1];
  return norm === undefined ? undefined : numberOf(norm);
}

function metricPattern(name: string): RegExp {
  return new RegExp(
    `["']${name}["']\\s*:\\s*(?:np\\.float\\d+\\()?["']?(nan|[+-]?inf(?:inity)?|[-+\\d.]+(?:e[-+]?\\d+)?)`,
    "i",
  );
}

/** Python writes nan, inf and -inf. */
function numberOf(text: string): number {
  if (/inf/i.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}

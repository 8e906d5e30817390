import type { TrainingExample } from "../trainer/trainer.ts";

/** Placeholder of the shape only; replaced by the selection itself. */
export interface Selection {
  readonly examples: readonly TrainingExample[];
}

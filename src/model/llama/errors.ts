import { EefError } from "../../errors.ts";

/** A sequence would outgrow the model's positions. Nothing was appended. */
export class ContextOverflowError extends EefError {
  override readonly name = "ContextOverflowError";
  readonly slot: number;
  readonly length: number;
  readonly maximumPositions: number;

  constructor(slot: number, length: number, maximumPositions: number) {
    super(`slot ${slot} would hold ${length} tokens, but the model has ${maximumPositions} positions`, {
      hint: "End the episode here, or use a model with more positions.",
    });
    this.slot = slot;
    this.length = length;
    this.maximumPositions = maximumPositions;
  }
}

/** Training produced a number that is not finite; the parameters are those before the step. */
export class TrainingDivergedError extends EefError {
  override readonly name = "TrainingDivergedError";
  readonly step: number;

  constructor(step: number, what: string, value: number) {
    super(`training step ${step}: the ${what} is ${value}`, {
      hint: "Lower the learning rate, warm it up longer, or clip the gradient at a smaller norm.",
    });
    this.step = step;
  }
}

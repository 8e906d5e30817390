export const decays = ["cosine", "linear", "constant"] as const;

export interface LearningRateSchedule {
  /** The highest learning rate, reached at the end of the warm-up. */
  readonly peak: number;
  /** Part of the steps, in [0, 1], over which the learning rate rises linearly. */
  readonly warmup: number;
  /** How it falls from there: along half a cosine, linearly, or not at all. */
  readonly decay: (typeof decays)[number];
  /** What it falls to, as a part of the peak. */
  readonly final: number;
}

/** The learning rate of a step, counted from 0, of `steps` in all. Never 0 in the warm-up. */
export function learningRateAt(schedule: LearningRateSchedule, step: number, steps: number): number {
  const warmupSteps = Math.round(schedule.warmup * steps);
  if (step < warmupSteps) return (schedule.peak * (step + 1)) / warmupSteps;
  const progress = (step - warmupSteps) / Math.max(1, steps - 1 - warmupSteps);
  const remaining = {
    cosine: (1 + Math.cos(Math.PI * progress)) / 2,
    linear: 1 - progress,
    constant: 1,
  }[schedule.decay];
  return schedule.peak * (schedule.final + (1 - schedule.final) * remaining);
}

/** Work to be done, or done. */
export interface Work {
  readonly episodes: number;
  /** Steps in the environment, replayed ones not counted. */
  readonly environmentSteps: number;
  /** Steps of experts taken again to reach their states. */
  readonly replayedSteps: number;
  readonly generatedTokens: number;
  /** Tokens that are new to the model in their episode: what is read where prefixes are cached. */
  readonly newTokens: number;
  /** Tokens of all prompts: what is read, or paid for, where nothing is cached. */
  readonly promptTokens: number;
  readonly fineTunings: number;
  /** Examples of all fine-tunings, in one epoch. */
  readonly examples: number;
  /** Of one epoch. */
  readonly exampleTokens: number;
  readonly targetTokens: number;
}

export const noWork: Work = {
  episodes: 0,
  environmentSteps: 0,
  replayedSteps: 0,
  generatedTokens: 0,
  newTokens: 0,
  promptTokens: 0,
  fineTunings: 0,
  examples: 0,
  exampleTokens: 0,
  targetTokens: 0,
};

export function addWork(...all: readonly Partial<Work>[]): Work {
  return mapWork((name) => all.reduce((sum, work) => sum + (work[name] ?? 0), 0));
}

/** The work for so many times as many tasks; there are as many fine-tunings, with more examples. */
export function scaleWork(work: Work, factor: number): Work {
  return { ...mapWork((name) => work[name] * factor), fineTunings: work.fineTunings };
}

function mapWork(value: (name: keyof Work) => number): Work {
  return {
    episodes: value("episodes"),
    environmentSteps: value("environmentSteps"),
    replayedSteps: value("replayedSteps"),
    generatedTokens: value("generatedTokens"),
    newTokens: value("newTokens"),
    promptTokens: value("promptTokens"),
    fineTunings: value("fineTunings"),
    examples: value("examples"),
    exampleTokens: value("exampleTokens"),
    targetTokens: value("targetTokens"),
  };
}

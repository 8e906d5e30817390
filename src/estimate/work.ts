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

export function sumOfWork(works: Iterable<Partial<Work>>): Work {
  const sum = workSum();
  for (const work of works) sum.add(work);
  return sum.total();
}

/** Adds up as it goes, for more works than should lie in memory. */
export function workSum(): { add(work: Partial<Work>): void; total(): Work } {
  const total = { ...noWork };
  return {
    add: (work) => {
      for (const name of workNames) total[name] += work[name] ?? 0;
    },
    total: () => ({ ...total }),
  };
}

const workNames: readonly (keyof Work)[] = [
  "episodes",
  "environmentSteps",
  "replayedSteps",
  "generatedTokens",
  "newTokens",
  "promptTokens",
  "fineTunings",
  "examples",
  "exampleTokens",
  "targetTokens",
];

import { randomRepeats } from "./random-tokens.ts";
import type { ExerciseKind, Stage } from "./stage.ts";

const repeats = { length: [4, 12], occurrences: [2, 3, 4, 6] } as const;

/** Exercises in copying random tokens, which is what a new network has to learn first. */
export const copyingExercises = {
  "repeats of 32 tokens": randomRepeats({ ...repeats, alphabet: 32 }),
  "repeats of 200 tokens": randomRepeats({ ...repeats, alphabet: 200 }),
  repeats: randomRepeats(repeats),
  "long repeats": randomRepeats({ length: [8, 40], occurrences: [2, 3], different: [6, 12, 30] }),
} satisfies Record<string, ExerciseKind["draw"]>;

/** A stage of the exercises with these weights, in the order in which `exercises` has them. */
export function stageOf<Name extends string>(
  name: string,
  tokens: number,
  exercises: Readonly<Record<Name, ExerciseKind["draw"]>>,
  weights: Readonly<Partial<Record<NoInfer<Name>, number>>>,
): Stage {
  return {
    name,
    tokens: Math.round(tokens),
    exercises: Object.entries<ExerciseKind["draw"]>(exercises).flatMap(([kind, draw]) => {
      const weight = weights[kind as Name];
      return weight === undefined ? [] : [{ name: kind, weight, draw }];
    }),
  };
}

/**
 * How copying is learned: with few tokens first, then with all. `docs/log.md` tells what happens otherwise.
 * @param scale Multiplies all amounts of text.
 */
export function copyingStages(scale: number): Stage[] {
  const stage = (
    name: string,
    millions: number,
    weights: Partial<Record<keyof typeof copyingExercises, number>>,
  ) => stageOf(name, millions * scale * 1e6, copyingExercises, weights);
  return [
    stage("32 tokens", 0.25, { "repeats of 32 tokens": 1 }),
    stage("200 tokens", 0.25, { "repeats of 200 tokens": 1 }),
    stage("all tokens", 0.4, { repeats: 7, "long repeats": 3 }),
  ];
}

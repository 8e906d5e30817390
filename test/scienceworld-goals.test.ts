import { describe, expect, it } from "vitest";
import { goalsPerKind, shortKinds, withGoalsOfSeed } from "../scripts/scienceworld/goals.ts";
import { leakedPairs, selectTasks } from "../src/environment/scienceworld/splits.ts";
import { splitSchema } from "../src/trajectory.ts";

const all = selectTasks({ splits: "official", tasks: shortKinds });
const environment = { tasks: (split: keyof typeof all) => all[split] };

describe("the goals of a seed", () => {
  const goals = withGoalsOfSeed(environment, 1);

  it("are so many of each kind, of the benchmark's own split, no two the same", () => {
    for (const split of splitSchema.options) {
      const ids = goals.tasks(split).map(({ id }) => id);
      expect(new Set(ids).size).toBe(shortKinds.length * goalsPerKind[split]);
      expect(all[split].map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    }
    expect(
      goals
        .tasks("test")
        .slice(0, shortKinds.length)
        .map(({ task }) => task),
    ).toEqual(shortKinds);
  });

  it("are never trained on where they are held out", () => {
    expect(
      leakedPairs({
        train: goals.tasks("train"),
        validation: goals.tasks("validation"),
        test: goals.tasks("test"),
      }),
    ).toEqual([]);
  });

  it("are the same for the same seed, and others for another", () => {
    const of = (seed: number) => withGoalsOfSeed(environment, seed).tasks("train");
    expect(of(1)).toEqual(goals.tasks("train"));
    expect(of(2)).not.toEqual(goals.tasks("train"));
  });
});

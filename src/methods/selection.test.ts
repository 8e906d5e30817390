import { describe, expect, test } from "vitest";
import type { TrainingExample } from "../trainer/trainer.ts";
import type { Trajectory } from "../trajectory.ts";
import { addWins, expertWins } from "./repository.ts";
import { type SelectionOptions, select, selectionSchema } from "./selection.ts";
import { type Simulation, simulationOf } from "./simulation.ts";
import { expertStates } from "./states.ts";
import { expert, simulation } from "./trajectories.test-helpers.ts";

const defaults: SelectionOptions = {
  simulatedStates: 3,
  explore: "failures",
  stateWins: "any",
  solutionsPerImportantState: 1,
  keepExpertWins: false,
  lossOnExpertActions: true,
  keepHarmfulActions: false,
};

/** Selection over the given iterations of simulations; the last one's is returned. */
function selectAfter(
  expertTrajectories: readonly Trajectory[],
  iterations: readonly (readonly Trajectory[])[],
  options: Partial<SelectionOptions> = {},
) {
  let repository = expertWins(expertTrajectories);
  iterations.forEach((simulations, index) => {
    repository = addWins(repository, simulations.map(simulationOf), index + 1);
  });
  const ids = [...expertTrajectories, ...iterations.flat()].map(({ taskId }) => taskId);
  return select(
    {
      systemPrompt: "system",
      iteration: iterations.length,
      tasks: [...new Set(ids)].map((id) => ({ id, split: "train" })),
      expertTrajectories,
      simulations: (iterations.at(-1) ?? []).map(simulationOf),
      repository,
    },
    { ...defaults, ...options },
  );
}

/** The actions of an example, trained ones marked with a star. */
function actions(example: TrainingExample | undefined): string[] {
  return (example?.messages ?? []).flatMap(({ role, content }, index) =>
    role === "assistant"
      ? [`${example?.weights[index] === 1 ? "* " : ""}${content.replace("Action: ", "")}`]
      : [],
  );
}

/** T = 8 and M = 3, so l = 2: the expert states are s0, s2, s4 and s6. */
const failed = expert(8);
const from = (stateIndex: number, won: boolean, options: Parameters<typeof simulation>[2] = {}) =>
  stateIndex === 0
    ? simulation({ taskId: "task" }, won, options)
    : simulation({ expert: failed, stateIndex }, won, options);
const pattern = (...wins: readonly boolean[]) => wins.map((won, k) => from(2 * k, won));

describe("simulated states", () => {
  test("are evenly spaced by l = floor(T / (M + 1))", () => {
    expect(expertStates(12, 5)).toEqual([2, 4, 6, 8, 10]);
    expect(expertStates(17, 5)).toEqual([2, 4, 6, 8, 10]);
    expect(expertStates(20, 1)).toEqual([10]);
  });

  test("are at least one action apart and end before the last state", () => {
    expect(expertStates(3, 5)).toEqual([1, 2]);
    expect(expertStates(1, 5)).toEqual([]);
    expect(expertStates(0, 5)).toEqual([]);
    expect(expertStates(9, 0)).toEqual([]);
  });
});

describe("the paper's figure 1: s0 loses, s_l wins, s_2l loses, s_3l wins", () => {
  const selection = selectAfter([failed], [pattern(false, true, false, true)]);

  test("labels a_0..a_{l-1} and a_2l..a_{3l-1} beneficial and a_l..a_{2l-1} harmful", () => {
    expect(selection.trajectories[0]?.segments.map(({ start, end, label }) => [start, end, label])).toEqual([
      [0, 2, "beneficial"],
      [2, 4, "harmful"],
      [4, 6, "beneficial"],
      [6, 8, "unknown"],
    ]);
    expect(selection.trajectories[0]?.actions).toEqual([
      ...["beneficial", "beneficial", "harmful", "harmful"],
      ...["beneficial", "beneficial", "unknown", "unknown"],
    ]);
  });

  test("finds two important states, s0 and the one that needs recovery", () => {
    expect(selection.importantStates).toEqual([
      {
        taskId: "task",
        stateIndex: 0,
        kind: "initial",
        candidates: ["expert@2", "expert@6"],
        solutions: ["expert@2"],
      },
      {
        taskId: "task",
        trajectoryId: "expert",
        stateIndex: 4,
        kind: "needs-recovery",
        candidates: ["expert@6"],
        solutions: ["expert@6"],
      },
    ]);
  });

  test("trains on the expert's way to s_l with the win from there, and on the recovery with all before masked", () => {
    expect(selection.examples.map(actions)).toEqual([
      ["* expert a0", "* expert a1", "* expert@2 b0", "* expert@2 b1"],
      [
        ...["expert a0", "expert a1", "expert a2", "expert a3"],
        ...["* expert a4", "* expert a5", "* expert@6 b0", "* expert@6 b1"],
      ],
    ]);
    expect(selection.examples.map(({ origin }) => [origin.trajectoryId, origin.importantState])).toEqual([
      ["expert@2", 0],
      ["expert@6", 4],
    ]);
  });

  test("gives a reason for every message", () => {
    const [, recovery] = selection.examples;
    expect(recovery?.origin.messageReasons).toHaveLength(recovery?.messages.length ?? 0);
    expect(recovery?.origin.messageReasons?.filter((_, index) => index >= 2 && index % 2 === 0)).toEqual([
      "Before the important state s_4: context.",
      "Before the important state s_4: context.",
      "Harmful: it turned a winning state into a losing one.",
      "Harmful: it turned a winning state into a losing one.",
      expect.stringContaining("beneficial"),
      expect.stringContaining("beneficial"),
      "The student's own action on the way to its win.",
      "The student's own action on the way to its win.",
    ]);
  });

  test("ends each transcript with its last target", () => {
    for (const { messages, weights } of selection.examples) {
      expect(messages.at(-1)?.role).toBe("assistant");
      expect(weights.at(-1)).toBe(1);
    }
  });

  test("can be stored and read back", () => {
    expect(selectionSchema.parse(JSON.parse(JSON.stringify(selection)))).toEqual(selection);
  });
});

describe("solutions", () => {
  test("a student's win from s0 is preferred: it needs none of the expert's actions", () => {
    const { examples } = selectAfter([failed], [pattern(true, true, true, true)]);
    expect(examples.map(actions)).toEqual([["* student@0 b0", "* student@0 b1"]]);
  });

  test("a losing state before a losing state leaves its actions among the targets of a later win", () => {
    const { examples } = selectAfter([failed], [pattern(false, false, true, true)]);
    expect(examples.map(actions)).toEqual([
      [
        ...["* expert a0", "* expert a1", "* expert a2", "* expert a3"],
        ...["* expert@4 b0", "* expert@4 b1"],
      ],
    ]);
  });

  test("a state that needs recovery may stay unsolved; then it has no example", () => {
    const { examples, importantStates } = selectAfter([failed], [pattern(true, false, false, false)]);
    expect(examples).toHaveLength(1);
    expect(importantStates.map(({ stateIndex, solutions }) => [stateIndex, solutions.length])).toEqual([
      [0, 1],
      [2, 0],
    ]);
  });

  test("a win of an earlier iteration still solves, but the labels are those of the latest", () => {
    const later = [false, false, false, false].map((won, k) => from(2 * k, won, { id: `later ${k}` }));
    const { examples, trajectories } = selectAfter([failed], [pattern(false, false, true, false), later]);
    expect(trajectories[0]?.actions).not.toContain("beneficial");
    expect(examples.map(({ origin }) => origin.trajectoryId)).toEqual(["expert@4"]);
  });

  test("an earlier win from the very state that needs recovery solves it without the expert", () => {
    const later = [true, false, false, true].map((won, k) => from(2 * k, won, { id: `later ${k}` }));
    const { examples } = selectAfter([failed], [pattern(false, true, false, false), later]);
    expect(examples.map(actions)[1]).toEqual(["expert a0", "expert a1", "* expert@2 b0", "* expert@2 b1"]);
  });

  test("an earlier win that goes through a segment now known as harmful trains around it", () => {
    const later = [false, true, false, false].map((won, k) => from(2 * k, won, { id: `later ${k}` }));
    const { examples } = selectAfter([failed], [pattern(false, false, false, true), later], {
      solutionsPerImportantState: "all",
    });
    expect(examples.map(actions)).toEqual([
      ["* expert a0", "* expert a1", "* later 1 b0", "* later 1 b1"],
      [
        ...["* expert a0", "* expert a1", "expert a2", "expert a3", "* expert a4", "* expert a5"],
        ...["* expert@6 b0", "* expert@6 b1"],
      ],
    ]);
  });

  test("a win that solves two important states is trained on once, from the earlier", () => {
    const { examples, importantStates } = selectAfter([failed], [pattern(true, false, true, true)], {
      solutionsPerImportantState: 2,
    });
    expect(importantStates.map(({ solutions }) => solutions)).toEqual([
      ["student@0", "expert@4"],
      ["expert@4", "expert@6"],
    ]);
    expect(examples.map(({ origin }) => [origin.trajectoryId, origin.importantState])).toEqual([
      ["student@0", 0],
      ["expert@4", 0],
      ["expert@6", 2],
    ]);
  });

  test("among equals the win found first is taken, and the same text counts once", () => {
    const same = [from(0, true, { id: "first" }), from(0, true, { id: "second" })];
    const copy = { ...from(0, true, { id: "first" }), id: "copy of first" };
    const { importantStates } = selectAfter([failed], [[...same, copy]], { solutionsPerImportantState: 1 });
    expect(importantStates[0]?.candidates).toEqual(["first", "second"]);
    expect(importantStates[0]?.solutions).toEqual(["first"]);
  });
});

describe("several experts", () => {
  const other = expert(4, { id: "other" });
  const winner = expert(3, { id: "winner", won: true });

  test("share the initial state, but recover only by wins that follow the same expert", () => {
    const simulations = [
      ...pattern(false, true, false, false),
      simulation({ expert: other, stateIndex: 1 }, false),
      simulation({ expert: other, stateIndex: 2 }, false),
      simulation({ expert: other, stateIndex: 3 }, true),
    ];
    const { importantStates } = selectAfter([failed, other], [simulations]);
    expect(importantStates.map(({ trajectoryId, solutions }) => [trajectoryId, solutions])).toEqual([
      [undefined, ["expert@2"]],
      ["expert", []],
    ]);
  });

  test("an expert's win solves the initial state where the student has no win", () => {
    const { examples, trajectories } = selectAfter([failed, winner], [pattern(false, false, false, false)]);
    expect(examples.map(actions)).toEqual([["* winner a0", "* winner a1", "* winner a2"]]);
    expect(trajectories[1]?.segments).toEqual([
      { start: 0, end: 3, label: "unknown", reason: expect.stringContaining("not simulated") },
    ]);
  });

  test("an expert's win gives way to the student's own, unless it is to be kept", () => {
    const own = simulation({ taskId: "task" }, true);
    expect(selectAfter([winner], [[own]]).examples.map(({ origin }) => origin.trajectoryId)).toEqual([
      "student@0",
    ]);
    const kept = selectAfter([winner], [[own]], { keepExpertWins: true });
    expect(kept.examples.map(({ origin }) => origin.trajectoryId)).toEqual(["student@0", "winner"]);
  });

  test("an explored expert's win recovers from its own losing states", () => {
    const simulations = [
      simulation({ taskId: "task" }, true),
      simulation({ expert: winner, stateIndex: 1 }, false),
      simulation({ expert: winner, stateIndex: 2 }, false),
    ];
    const { examples } = selectAfter([winner], [simulations], { explore: "all" });
    expect(examples.map(actions)).toEqual([
      ["* student@0 b0", "* student@0 b1"],
      ["winner a0", "* winner a1", "* winner a2"],
    ]);
  });
});

describe("simulations that say nothing", () => {
  test.each([
    ["replay-diverged", 0],
    ["policy-error", 1],
    ["environment-error", 1],
    ["context-overflow", 0],
    ["step-limit", 0],
  ] as const)("%s after %i own actions leaves the state unknown", (stopReason, ownActions) => {
    const simulations = [
      ...pattern(true).concat(from(2, false, { stopReason, ownActions })),
      from(4, false),
      from(6, true),
    ];
    const { trajectories, importantStates, examples } = selectAfter([failed], [simulations]);
    expect(trajectories[0]?.states.map(({ outcome }) => outcome)).toEqual(["win", "unknown", "loss", "win"]);
    expect(trajectories[0]?.segments.map(({ label }) => label)).toEqual([
      ...["unknown", "unknown", "beneficial", "unknown"],
    ]);
    expect(importantStates.map(({ kind }) => kind)).toEqual(["initial"]);
    expect(examples).toHaveLength(1);
  });

  test("a student that gives up, or runs out of steps after acting, has lost", () => {
    const simulations = [from(0, false, { stopReason: "gave-up", ownActions: 0 })];
    const limit = [from(0, false, { stopReason: "step-limit", ownActions: 3 })];
    for (const each of [simulations, limit]) {
      expect(selectAfter([failed], [each]).trajectories[0]?.states[0]?.outcome).toBe("loss");
    }
  });

  test("actions between a win and a later loss are no targets if the state between is unknown", () => {
    const later = [from(2, true, { id: "later" }), from(6, false, { id: "lost" })];
    const { examples } = selectAfter([failed], [pattern(false, false, false, true), later], {
      solutionsPerImportantState: "all",
    });
    expect(actions(examples[1])).toEqual([
      ...["* expert a0", "* expert a1", "expert a2", "expert a3", "expert a4", "expert a5"],
      ...["* expert@6 b0", "* expert@6 b1"],
    ]);
  });
});

describe("several simulations of a state", () => {
  const twoOfThree = [true, true, false].map((won, n) => from(2, won, { id: `s2 ${n}` }));
  const oneOfThree = [true, false, false].map((won, n) => from(4, won, { id: `s4 ${n}` }));
  const half = [true, false].map((won, n) => from(6, won, { id: `s6 ${n}` }));
  const outcomes = (stateWins: "any" | "majority") =>
    selectAfter([failed], [[...twoOfThree, ...oneOfThree, ...half]], {
      stateWins,
    }).trajectories[0]?.states.map(({ outcome }) => outcome);

  test("any: one win is enough", () => {
    expect(outcomes("any")).toEqual(["unknown", "win", "win", "win"]);
  });

  test("majority: more than half must win", () => {
    expect(outcomes("majority")).toEqual(["unknown", "win", "loss", "loss"]);
  });
});

describe("ablations", () => {
  const figure1 = [pattern(false, true, false, true)];

  test("without loss on expert actions only the student's own are targets, but expert wins stay", () => {
    const options = { lossOnExpertActions: false };
    expect(selectAfter([failed], figure1, options).examples.map(actions)[0]).toEqual([
      ...["expert a0", "expert a1", "* expert@2 b0", "* expert@2 b1"],
    ]);
    const winner = expert(2, { won: true });
    expect(selectAfter([winner], [[]], options).examples.map(actions)).toEqual([
      ["* expert a0", "* expert a1"],
    ]);
  });

  test("with harmful actions kept these are trained on, and nothing else changes", () => {
    const { examples } = selectAfter([failed], figure1, { keepHarmfulActions: true });
    expect(examples.map(actions)[1]).toEqual([
      ...["expert a0", "expert a1", "* expert a2", "* expert a3", "* expert a4", "* expert a5"],
      ...["* expert@6 b0", "* expert@6 b1"],
    ]);
  });
});

test("of simulations that lost no transcript is read, and of wins that are not chosen only once, to tell them apart", () => {
  const failed = expert(8);
  const read: string[] = [];
  const watched = (trajectory: Trajectory): Simulation => ({
    ...simulationOf(trajectory),
    read: () => {
      read.push(trajectory.id);
      return trajectory;
    },
  });
  const simulations = [
    simulation({ taskId: "task" }, false, { id: "lost" }),
    simulation({ expert: failed, stateIndex: 2 }, true, { id: "soonest" }),
    simulation({ expert: failed, stateIndex: 4 }, true, { id: "later" }),
    simulation({ expert: failed, stateIndex: 6 }, false, { id: "lost too" }),
  ].map(watched);
  const repository = addWins(expertWins([failed]), simulations, 1);
  const input = {
    systemPrompt: "system",
    iteration: 1,
    expertTrajectories: [failed],
    simulations,
    repository,
  };
  const { examples } = select({ ...input, tasks: [{ id: "task", split: "train" }] }, defaults);
  expect(examples.map(({ origin }) => origin.trajectoryId)).toEqual(["soonest"]);
  expect(read).toEqual(["soonest", "later", "soonest"]);
});

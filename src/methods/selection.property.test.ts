import fc from "fast-check";
import { expect, test } from "vitest";
import type { StopReason, Trajectory } from "../trajectory.ts";
import { isWin } from "../trajectory.ts";
import { addWins, expertWins, type PositiveRepository } from "./repository.ts";
import { type Selection, type SelectionOptions, select } from "./selection.ts";
import { simulationOf } from "./simulation.ts";
import { expertStates } from "./states.ts";
import { expert, simulation } from "./trajectories.test-helpers.ts";

/** A random history: tasks with experts, and some iterations in each of which some states were simulated. */
interface World {
  readonly experts: readonly Trajectory[];
  readonly iterations: readonly (readonly Trajectory[])[];
  readonly options: SelectionOptions;
}

type Result = "win" | "loss" | "missing" | "failed";

const results = fc.constantFrom<Result>("win", "win", "loss", "loss", "missing", "failed");
const failures: readonly StopReason[] = [
  "replay-diverged",
  "policy-error",
  "environment-error",
  "context-overflow",
];

const worlds: fc.Arbitrary<World> = fc
  .record({
    experts: fc.array(
      fc.record({
        task: fc.integer({ min: 0, max: 2 }),
        length: fc.integer({ min: 1, max: 14 }),
        won: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    iterations: fc.array(fc.array(results, { minLength: 80, maxLength: 80 }), {
      minLength: 1,
      maxLength: 3,
    }),
    samples: fc.integer({ min: 1, max: 2 }),
    options: fc.record({
      simulatedStates: fc.integer({ min: 0, max: 6 }),
      explore: fc.constantFrom("failures" as const, "all" as const),
      stateWins: fc.constantFrom("any" as const, "majority" as const),
      solutionsPerImportantState: fc.constantFrom(1, 2, "all" as const),
      keepExpertWins: fc.boolean(),
      lossOnExpertActions: fc.boolean(),
      keepHarmfulActions: fc.constant(false),
    }),
  })
  .map(({ experts, iterations, samples, options }) => {
    const trajectories = experts.map(({ task, length, won }, index) =>
      expert(length, { id: `expert${index}`, taskId: `task${task}`, won }),
    );
    const states = [
      ...[...new Set(trajectories.map(({ taskId }) => taskId))].map((taskId) => ({ taskId })),
      ...trajectories
        .filter((trajectory) => options.explore === "all" || !isWin(trajectory))
        .flatMap((trajectory) =>
          expertStates(trajectory.steps.length, options.simulatedStates).map((stateIndex) => ({
            expert: trajectory,
            stateIndex,
          })),
        ),
    ];
    return {
      experts: trajectories,
      options,
      iterations: iterations.map((drawn, iteration) =>
        states.flatMap((state, stateNumber) =>
          Array.from({ length: samples }, (_, sample) => sample).flatMap((sample) => {
            const result = drawn[(stateNumber * samples + sample) % drawn.length] ?? "missing";
            if (result === "missing") return [];
            const id = `student${iteration}/${stateNumber}/${sample}`;
            return [
              simulation(
                state,
                result === "win",
                result === "failed"
                  ? {
                      id,
                      ownActions: 0,
                      stopReason: failures[stateNumber % failures.length] ?? "policy-error",
                    }
                  : { id, ownActions: 1 + (stateNumber % 3) },
              ),
            ];
          }),
        ),
      ),
    };
  });

function replayHistory({ experts, iterations, options }: World): {
  selections: Selection[];
  repository: PositiveRepository;
} {
  const tasks = [...new Set(experts.map(({ taskId }) => taskId))].map((id) => ({
    id,
    split: "train" as const,
  }));
  let repository = expertWins(experts);
  const selections = iterations.map((trajectories, index) => {
    const simulations = trajectories.map(simulationOf);
    repository = addWins(repository, simulations, index + 1);
    return select(
      {
        systemPrompt: "system",
        iteration: index + 1,
        tasks,
        expertTrajectories: experts,
        simulations,
        repository,
      },
      options,
    );
  });
  return { selections, repository };
}

/** `w` of a state straight from the simulations, apart from the code under test. */
function won(
  simulations: readonly Trajectory[],
  { id, taskId }: Trajectory,
  stateIndex: number,
  rule: "any" | "majority",
): boolean | undefined {
  const told = simulations.filter(
    (each) =>
      each.taskId === taskId &&
      each.stopReason === "done" &&
      (stateIndex === 0
        ? each.from === undefined
        : each.from?.trajectoryId === id && each.from.stateIndex === stateIndex),
  );
  if (told.length === 0) return undefined;
  const wins = told.filter(({ reward }) => reward === 1).length;
  return rule === "any" ? wins > 0 : wins * 2 > told.length;
}

/** All targets with the example they are in: the number of the action and its text. */
function targetsOf({ examples }: Selection) {
  return examples.flatMap((example) =>
    example.messages.flatMap(({ role, content }, index) =>
      role === "assistant" && example.weights[index] !== 0
        ? [{ example, action: (index - 2) / 2, content }]
        : [],
    ),
  );
}

function claim(name: string, holds: (world: World) => void) {
  test(name, () => {
    fc.assert(fc.property(worlds, holds), { numRuns: 200, seed: 13145 });
  });
}

claim("no action between a winning and the next losing state is ever a target", (world) => {
  replayHistory(world).selections.forEach((selection, iteration) => {
    const simulations = world.iterations[iteration] ?? [];
    for (const trajectory of world.experts) {
      const { simulatedStates, stateWins } = world.options;
      let lastWin: number | undefined;
      const forbidden = new Set<string>();
      for (const state of [0, ...expertStates(trajectory.steps.length, simulatedStates)]) {
        const outcome = won(simulations, trajectory, state, stateWins);
        if (outcome === false && lastWin !== undefined) {
          for (const step of trajectory.steps.slice(lastWin, state)) forbidden.add(step.message);
        }
        if (outcome !== undefined) lastWin = outcome ? state : undefined;
      }
      for (const { content } of targetsOf(selection)) expect(forbidden.has(content)).toBe(false);
    }
  });
});

claim("every target lies on a trajectory that won", (world) => {
  const all = new Map([...world.experts, ...world.iterations.flat()].map((each) => [each.id, each]));
  for (const selection of replayHistory(world).selections) {
    for (const { example, action, content } of targetsOf(selection)) {
      const trajectory = all.get(example.origin.trajectoryId);
      expect(trajectory?.reward).toBe(1);
      expect(trajectory?.steps[action]?.message).toBe(content);
      expect(trajectory?.taskId).toBe(example.taskId);
    }
  }
});

claim("a recovery example masks everything before its state", (world) => {
  for (const selection of replayHistory(world).selections) {
    for (const { example, action } of targetsOf(selection)) {
      expect(action).toBeGreaterThanOrEqual(example.origin.importantState);
    }
  }
});

claim("a recovery example follows its expert up to the state it recovers from", (world) => {
  for (const { examples } of replayHistory(world).selections) {
    for (const { messages, origin } of examples.filter(({ origin }) => origin.importantState > 0)) {
      const trajectory = world.experts.find(({ id }) => id === origin.expertTrajectoryId);
      expect(origin.expertActions).toBeGreaterThanOrEqual(origin.importantState);
      const prefix = messages.filter(({ role }) => role === "assistant").slice(0, origin.expertActions);
      expect(prefix.map(({ content }) => content)).toEqual(
        trajectory?.steps.slice(0, origin.expertActions).map(({ message }) => message),
      );
    }
  }
});

claim("only assistant messages carry loss, and each example has some", (world) => {
  for (const { examples } of replayHistory(world).selections) {
    for (const { messages, weights, origin } of examples) {
      expect(weights).toHaveLength(messages.length);
      expect(origin.messageReasons).toHaveLength(messages.length);
      const weighted = messages.filter((_, index) => weights[index] !== 0);
      expect(weighted.length).toBeGreaterThan(0);
      expect(weighted.every(({ role }) => role === "assistant")).toBe(true);
      expect(weights.every((weight) => weight === 0 || weight === 1)).toBe(true);
    }
  }
});

claim("labelling again, with what is already in D+, changes nothing", (world) => {
  const { selections, repository } = replayHistory(world);
  expect(replayHistory(world).selections).toEqual(selections);
  const again = addWins(repository, world.iterations.flat().map(simulationOf), world.iterations.length);
  expect(again).toEqual(repository);
});

claim("a state without a simulation that tells gives no label to the actions around it", (world) => {
  replayHistory(world).selections.forEach(({ trajectories }, iteration) => {
    const simulations = world.iterations[iteration] ?? [];
    for (const labelled of trajectories) {
      const trajectory = world.experts.find(({ id }) => id === labelled.trajectoryId);
      if (trajectory === undefined) throw new Error("a label of an unknown trajectory");
      const explored = world.options.explore === "all" || !isWin(trajectory);
      const states = [
        0,
        ...(explored ? expertStates(trajectory.steps.length, world.options.simulatedStates) : []),
      ];
      const outcomes = states.map((state) => won(simulations, trajectory, state, world.options.stateWins));
      expect(labelled.actions).toEqual(
        trajectory.steps.map((_, action) => {
          const segment = states.findLastIndex((state) => state <= action);
          const [before, after] = [outcomes[segment], outcomes[segment + 1]];
          if (before === undefined || after === undefined) return "unknown";
          if (before === after) return "neutral";
          return after ? "beneficial" : "harmful";
        }),
      );
    }
  });
});

claim(
  "no trajectory is trained on twice, and one solution per important state is one example at most",
  (world) => {
    for (const { examples, importantStates } of replayHistory(world).selections) {
      const wins = examples.map(({ origin }) => origin.trajectoryId);
      expect(new Set(wins).size).toBe(wins.length);
      expect(new Set(examples.map(({ id }) => id)).size).toBe(examples.length);
      const chosen = new Set(importantStates.flatMap(({ solutions }) => solutions));
      for (const win of wins) expect(chosen.has(win)).toBe(true);
      if (world.options.solutionsPerImportantState === 1 && !world.options.keepExpertWins) {
        expect(examples.length).toBeLessThanOrEqual(importantStates.length);
      }
    }
  },
);

claim("each task with a win in D+ is trained on, and no other", (world) => {
  const { selections, repository } = replayHistory(world);
  const trained = new Set(selections.at(-1)?.examples.map(({ taskId }) => taskId));
  expect(trained).toEqual(new Set(repository.map(({ taskId }) => taskId)));
});

claim(
  "with one solution per state, the expert's actions on the way to the student's win hold no harm",
  (world) => {
    const options = {
      ...world.options,
      solutionsPerImportantState: 1,
      keepExpertWins: false,
      stateWins: "any" as const,
    };
    const complete = {
      ...world,
      options: { ...options, explore: "failures" as const, lossOnExpertActions: true },
    };
    for (const { examples, trajectories } of replayHistory(complete).selections) {
      for (const { origin, weights } of examples) {
        const labelled = trajectories.find(({ trajectoryId }) => trajectoryId === origin.expertTrajectoryId);
        const range = labelled?.actions.slice(origin.importantState, origin.expertActions) ?? [];
        expect(range).not.toContain("harmful");
        expect(weights.at(-1)).toBe(1);
      }
    }
  },
);

import { createRandom } from "../../random.ts";
import type {
  ActionLabel,
  EvaluationResult,
  LabelledTrajectory,
  RunResults,
  SimulatedState,
  TaskResult,
  TrajectorySelection,
} from "../results.ts";

/** Results that no run gave, of the size of a real one, for tests and for looking at the report. */
export function madeUpRun(trainingTasks = 120): RunResults {
  const random = createRandom(1);
  const perTask = (winRate: number): TaskResult[] =>
    Array.from({ length: 200 }, (_, index) => {
      const win = random.chance(winRate);
      return {
        taskId: `test-${index}`,
        reward: win ? 1 : random.integer(4) / 4,
        win,
        steps: 4 + random.integer(9),
        invalidActions: random.integer(2),
        actionKinds: {
          search: 1,
          product: 2,
          next: random.integer(3),
          prev: random.integer(2),
          back: random.integer(2),
          buy: 1,
        },
        stopReason: win ? "done" : "step-limit",
      };
    });
  const cloned = perTask(0.4);
  const methods = [
    { method: "SFT", perIteration: 0, gain: 0 },
    { method: "RFT", perIteration: 600, gain: 0.04 },
    { method: "RFT x6", perIteration: 3600, gain: 0.05 },
    { method: "EEF", perIteration: 3480, gain: 0.08 },
  ];
  const evaluations: EvaluationResult[] = methods.flatMap(({ method, perIteration, gain }) =>
    [0, 1, 2, 3]
      .filter((iteration) => iteration === 0 || gain > 0)
      .map((iteration) => ({
        method,
        iteration,
        policyVersion: `${method}-${iteration}`,
        perTask: iteration === 0 ? cloned : perTask(0.4 + gain * iteration),
        budget: {
          simulations: perIteration * iteration,
          environmentSteps: perIteration * iteration * 7,
          tokens: perIteration * iteration * 1400 + 900_000,
          seconds: 60 + (perIteration * iteration) / 20,
        },
      })),
  );
  return {
    name: "webshop-seed-1",
    seed: 1,
    environment: "webshop",
    experts: [{ name: "scripted", perTask: perTask(0.36) }],
    evaluations,
    selections: [1, 2, 3].map((iteration) => ({
      method: "EEF",
      iteration,
      examples: 240 + 31 * iteration,
      targetActions: 1400 + 90 * iteration,
      maskedActions: 310 + 40 * iteration,
      labels: { beneficial: 130, harmful: 71, "needs-recovery": 52, neutral: 903, unknown: 160 },
    })),
    trajectories: Array.from({ length: trainingTasks }, (_, index) => trajectory(index)),
    facts: [
      { name: "train tasks", value: String(trainingTasks) },
      { name: "test tasks", value: "200" },
      { name: "simulation episodes ended by", value: "done 9204, step-limit 1080, gave-up 36" },
    ],
  };
}

function trajectory(task: number): LabelledTrajectory {
  const random = createRandom(1000 + task);
  const length = 4 + random.integer(8);
  const win = random.chance(0.36);
  const steps = Array.from({ length }, (_, index) => ({
    message: `Thought: 47Q82 no, 12B99 no, ${index}3C10 yes.\nAction: click[${index}3C10]`,
    action: index === 0 ? "search[easy clean, stain resistant desk lamps]" : `click[${index}3C10]`,
    observation:
      "Back to Search [SEP] Page 1 (Total results: 50) [SEP] Next > [SEP] 47Q82 [SEP] Brand easy clean desk lamp [SEP] $17.99",
    valid: random.chance(0.95),
  }));
  const selection = (iteration: number): TrajectorySelection => {
    const states: SimulatedState[] = [];
    const labels: ActionLabel[] = Array.from({ length }, () => "unknown");
    const stride = Math.max(1, Math.floor(length / 6));
    for (let stateIndex = 0; stateIndex < length && states.length < (win ? 1 : 6); stateIndex += stride) {
      const wins = random.chance(0.4) ? 1 : 0;
      const before = states.at(-1);
      const label =
        before === undefined
          ? "unknown"
          : before.wins === wins
            ? "neutral"
            : wins > 0
              ? "beneficial"
              : "harmful";
      if (before !== undefined) labels.fill(label, before.stateIndex, stateIndex);
      states.push({
        stateIndex,
        simulations: 1,
        wins,
        outcome: wins > 0 ? "win" : "loss",
        meanReward: wins > 0 ? 1 : 0.5,
        needsRecovery: label === "harmful",
      });
    }
    return {
      method: "EEF",
      iteration,
      states,
      actions: labels.map((label, index) => ({
        label,
        uses:
          label === "beneficial" || label === "harmful"
            ? [
                {
                  use: label === "beneficial" ? "target" : "masked",
                  exampleId: `example-${task}-${iteration}`,
                  reason: `The student loses from s_${index} and wins from a later state of the expert.`,
                } as const,
              ]
            : [],
      })),
    };
  };
  const rft: TrajectorySelection = {
    method: "RFT",
    iteration: 1,
    states: [
      { stateIndex: 0, simulations: 1, wins: 0, outcome: "loss", meanReward: 0.25, needsRecovery: false },
    ],
    actions: steps.map(() => ({
      label: "unknown",
      uses: win
        ? [{ use: "target", exampleId: `rft-${task}`, reason: "The expert won the task." } as const]
        : [],
    })),
  };
  return {
    trajectoryId: `expert-${task}`,
    taskId: `train-${task}`,
    expert: "scripted",
    reward: win ? 1 : 0.5,
    win,
    stopReason: "done",
    initialObservation: `WebShop [SEP] Instruction: [SEP] Find me easy clean, stain resistant desk lamps with color: navy, and price lower than ${task + 10}.00 dollars [SEP] Search`,
    steps,
    selections: [rft, selection(1), selection(2), selection(3)],
  };
}

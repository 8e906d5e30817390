import type { StopReason, Trajectory } from "../trajectory.ts";

const usage = { environmentSteps: 0, promptTokens: 0, generatedTokens: 0, seconds: 0 };

function step(name: string, last: boolean, reward: number) {
  return {
    message: `Action: ${name}`,
    action: name,
    observation: `after ${name}`,
    reward: last ? reward : 0,
    done: last,
    valid: true,
  };
}

/** An expert trajectory whose actions are `a0`, `a1`, ... (with the id in front). */
export function expert(
  actionCount: number,
  { id = "expert", taskId = "task", won = false }: { id?: string; taskId?: string; won?: boolean } = {},
): Trajectory {
  const reward = won ? 1 : 0.5;
  return {
    id,
    taskId,
    policy: "expert",
    kind: "expert",
    seed: 0,
    initialObservation: "start",
    steps: Array.from({ length: actionCount }, (_, index) =>
      step(`${id} a${index}`, index === actionCount - 1, reward),
    ),
    reward,
    stopReason: "done",
    usage,
  };
}

/** A student's simulation from a state of an expert trajectory, or from the task's initial state. */
export function simulation(
  from: { expert: Trajectory; stateIndex: number } | { taskId: string },
  won: boolean,
  {
    id,
    ownActions = 2,
    stopReason = "done",
  }: { id?: string; ownActions?: number; stopReason?: StopReason } = {},
): Trajectory {
  const start = "expert" in from ? from : undefined;
  const name = id ?? `${start?.expert.id ?? "student"}@${start?.stateIndex ?? 0}`;
  const reward = won ? 1 : 0;
  const own = Array.from({ length: ownActions }, (_, index) =>
    step(`${name} b${index}`, index === ownActions - 1, reward),
  );
  return {
    id: name,
    taskId: "expert" in from ? from.expert.taskId : from.taskId,
    policy: "student",
    kind: "simulation",
    seed: 0,
    ...(start === undefined ? {} : { from: { trajectoryId: start.expert.id, stateIndex: start.stateIndex } }),
    initialObservation: "start",
    steps: [...(start?.expert.steps.slice(0, start.stateIndex) ?? []), ...own],
    reward,
    stopReason,
    usage,
  };
}

import type { LabelledTrajectory } from "../results.ts";

/** All expert trajectories of one task. */
export interface TaskTrajectories {
  readonly taskId: string;
  readonly trajectories: readonly LabelledTrajectory[];
}

/**
 * A bounded sample of tasks for the report, always the same for the same run: first those whose actions were found beneficial or harmful, which the
 * method is about, then other failures, then wins; 60, 20 and 20 percent where there are enough, evenly spaced within
 * each group. In the order of the run.
 */
export function sampleTasks(
  trajectories: readonly LabelledTrajectory[],
  maximumTasks: number,
): { readonly tasks: readonly TaskTrajectories[]; readonly total: number } {
  const all = [...Map.groupBy(trajectories, (trajectory) => trajectory.taskId)].map(([taskId, of]) => ({
    taskId,
    trajectories: of,
  }));
  const groups = [0, 1, 2].map((group) => all.filter((task) => groupOf(task) === group));
  const shares = [0.6, 0.2, 0.2].map((share) => Math.floor(share * maximumTasks));
  const sizes = groups.map((group, index) => Math.min(group.length, shares[index] ?? 0));
  let left = maximumTasks - sizes.reduce((sum, size) => sum + size, 0);
  for (const [index, group] of groups.entries()) {
    const more = Math.max(0, Math.min(left, group.length - (sizes[index] ?? 0)));
    sizes[index] = (sizes[index] ?? 0) + more;
    left -= more;
  }
  const chosen = new Set(groups.flatMap((group, index) => evenlySpaced(group, sizes[index] ?? 0)));
  return { tasks: all.filter((task) => chosen.has(task)), total: all.length };
}

function groupOf({ trajectories }: TaskTrajectories): 0 | 1 | 2 {
  if (
    trajectories.some((trajectory) => hasLabel(trajectory, "beneficial") || hasLabel(trajectory, "harmful"))
  )
    return 0;
  return trajectories.every((trajectory) => trajectory.win) ? 2 : 1;
}

/** Whether any selection gave an action of the trajectory this label. */
export function hasLabel(trajectory: LabelledTrajectory, label: "beneficial" | "harmful"): boolean {
  return trajectory.selections.some(({ actions }) => actions.some((action) => action.label === label));
}

/** Whether any selection found a state of the trajectory to need recovery. */
export function hasRecovery({ selections }: LabelledTrajectory): boolean {
  return selections.some(
    ({ states, actions }) =>
      states.some((state) => state.needsRecovery) ||
      actions.some((action) => action.label === "needs-recovery"),
  );
}

function evenlySpaced<T>(items: readonly T[], count: number): T[] {
  return Array.from(
    { length: count },
    (_, index) => items[Math.floor((index * items.length) / count)],
  ).filter((item) => item !== undefined);
}

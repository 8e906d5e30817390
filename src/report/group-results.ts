import type { TaskResult } from "./results.ts";
import { mean } from "./statistics.ts";

/** One method on the tasks of one kind, over all of its runs. */
export interface GroupResult {
  readonly group: string;
  /** Pairs of run and task. */
  readonly evaluations: number;
  /** Share of wins, in [0, 1]. */
  readonly winRate: number;
  readonly meanReward: number;
}

/** In the order in which the kinds first appear. Tasks without a kind are in none of them. */
export function resultsByGroup(tasks: readonly TaskResult[]): readonly GroupResult[] {
  const byGroup = Map.groupBy(tasks, (task) => task.group);
  return [...byGroup].flatMap(([group, members]) =>
    group === undefined
      ? []
      : {
          group,
          evaluations: members.length,
          winRate: members.filter((task) => task.win).length / members.length,
          meanReward: mean(members.map((task) => task.reward)),
        },
  );
}

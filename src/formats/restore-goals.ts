import type { Trajectory } from "../trajectory.ts";
import type { ImportedTrajectory } from "./format.ts";

/** A goal of an environment, as far as it is needed to recognise it. */
export interface KnownGoal {
  /** Id of the task. */
  readonly id: string;
  readonly instruction: string;
}

export interface RestoredGoals<G extends KnownGoal> {
  /** Trajectories whose goal was found; their `taskId` is the goal's. */
  readonly restored: readonly {
    readonly trajectory: Trajectory;
    readonly goal: G;
    /** The recorded price limit in dollars. The benchmark draws it anew in every installation, so the goal's own may differ. */
    readonly priceUpper?: number;
  }[];
  /** Episodes whose instruction is none of the goals'. */
  readonly unknown: number;
  /** Episodes whose instruction fits several goals, none of which has the recorded price limit; none is guessed. */
  readonly ambiguous: number;
}

/**
 * Looks for the goal of each imported episode by the text of its instruction. Compared is what comes before the price limit, without regard to
 * case, space and dots at the ends; among several goals with the same text, the one with the recorded limit is taken.
 *
 * The recorded observations stay those of the other installation: before such a trajectory can be simulated from, its
 * actions have to be taken again in ours (see re-enact.ts).
 */
export function restoreGoals<G extends KnownGoal>(
  episodes: readonly ImportedTrajectory[],
  goals: readonly G[],
): RestoredGoals<G> {
  const byText = Map.groupBy(goals, (goal) => splitInstruction(goal.instruction).text);
  const restored: RestoredGoals<G>["restored"][number][] = [];
  let unknown = 0;
  let ambiguous = 0;
  for (const { trajectory, goal: recorded } of episodes) {
    const { text, priceUpper } = splitInstruction(recorded?.instruction ?? "");
    const candidates = text === "" ? [] : (byText.get(text) ?? []);
    const goal =
      candidates.length === 1
        ? candidates[0]
        : candidates.find((candidate) => splitInstruction(candidate.instruction).priceUpper === priceUpper);
    if (candidates.length === 0) unknown++;
    else if (goal === undefined) ambiguous++;
    else {
      restored.push({
        trajectory: { ...trajectory, taskId: goal.id },
        goal,
        ...(priceUpper === undefined ? {} : { priceUpper }),
      });
    }
  }
  return { restored, unknown, ambiguous };
}

/** Takes an instruction apart: what is wanted, and the price limit where there is one. */
export function splitInstruction(instruction: string): { text: string; priceUpper?: number } {
  const match = /^(.*?)(?:, and price lower than (\d+(?:\.\d+)?) dollars[.\s]*)?$/s.exec(
    instruction.trim().replaceAll(/\s+/g, " "),
  );
  const text = (match?.[1] ?? "").replaceAll(/^[.\s]+|[.\s]+$/g, "").toLowerCase();
  return match?.[2] === undefined ? { text } : { text, priceUpper: Number(match[2]) };
}

import { formatMessage } from "../../../policy/message-format.ts";
import type { Step, Trajectory } from "../../../trajectory.ts";
import type { ScienceWorldEnvironment } from "../environment.ts";
import type { ScienceWorldEpisode } from "../episode.ts";
import type { ScienceWorldTask } from "../splits.ts";

export interface ActionsPlayer {
  readonly name: string;
  readonly seed: number;
  /** What to do in the episode; each action is asked for after the one before it was taken. */
  actions(episode: ScienceWorldEpisode): AsyncIterable<string>;
  readonly signal?: AbortSignal;
}

/**
 * An expert's episode of actions without thoughts, until it is over or there are no more.
 *
 * @throws the signal's reason if it aborts before
 */
export async function playActions(
  environment: ScienceWorldEnvironment,
  task: ScienceWorldTask,
  { name, seed, actions, signal }: ActionsPlayer,
): Promise<Trajectory> {
  const started = performance.now();
  await using episode = await environment.start(task, signal === undefined ? {} : { signal });
  const initialObservation = episode.observation;
  const steps: Step[] = [];
  for await (const action of actions(episode)) {
    signal?.throwIfAborted();
    steps.push({ message: formatMessage("", action), action, ...(await episode.step(action)) });
    if (steps.at(-1)?.done) break;
  }
  return {
    id: `${name}-${seed}-${task.id}`,
    taskId: task.id,
    policy: name,
    kind: "expert",
    seed,
    initialObservation,
    steps,
    reward: steps.at(-1)?.reward ?? 0,
    stopReason: steps.at(-1)?.done ? "done" : "gave-up",
    usage: {
      environmentSteps: steps.length,
      promptTokens: 0,
      generatedTokens: 0,
      seconds: (performance.now() - started) / 1000,
    },
  };
}

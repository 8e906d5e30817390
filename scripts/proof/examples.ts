import {
  createDefaultTask,
  createRandom,
  createScriptedExpert,
  localExecutor,
  type TrainingExample,
  type Trajectory,
  transcript,
} from "../../src/index.ts";

/** Episodes of the scripted expert on the generated shop, as they end. */
export async function playTrajectories(episodes: number): Promise<PlayedEpisodes> {
  const { environment } = createDefaultTask({ goals: { train: episodes, validation: 1, test: 1 } });
  const requests = environment.tasks("train").map((task, seed) => ({
    id: task.id,
    kind: "expert" as const,
    task,
    seed,
    temperature: 1,
    maximumSteps: 6,
  }));
  const trajectories: Trajectory[] = [];
  for await (const trajectory of localExecutor().run(requests, {
    environment,
    policy: createScriptedExpert(),
  })) {
    trajectories.push(trajectory);
  }
  return { systemPrompt: environment.systemPrompt, trajectories };
}

export interface PlayedEpisodes {
  readonly systemPrompt: string;
  readonly trajectories: readonly Trajectory[];
}

/**
 * Examples from episodes of the scripted expert. Which of the messages are targets is drawn, so that masked and
 * trained messages alternate in every way; an episode without a target is left out.
 */
export async function playExamples(episodes: number): Promise<TrainingExample[]> {
  const { systemPrompt, trajectories } = await playTrajectories(episodes);
  const random = createRandom(7);
  const played: TrainingExample[] = [];
  for (const trajectory of trajectories) {
    const messages = transcript(systemPrompt, trajectory);
    const weights = messages.map(({ role }) => (role === "assistant" && random.chance(0.5) ? 1 : 0));
    if (!weights.includes(1)) continue;
    const origin = { trajectoryId: trajectory.id, importantState: 0, reason: "Drawn." };
    played.push({ id: trajectory.id, taskId: trajectory.taskId, messages, weights, origin });
  }
  return played.sort((a, b) => a.id.localeCompare(b.id));
}

/** The examples with the shortest texts, shortest first. */
export function shortest(examples: readonly TrainingExample[], count: number): TrainingExample[] {
  return examples.toSorted((a, b) => lengthOf(a) - lengthOf(b)).slice(0, count);
}

function lengthOf({ messages }: TrainingExample): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}

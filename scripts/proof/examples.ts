import {
  type ActionTool,
  createDefaultTask,
  createRandom,
  createScriptedExpert,
  localExecutor,
  type TrainingExample,
  type Trajectory,
  transcript,
} from "../../src/index.ts";
import { toolCallId } from "../../src/policy/chat/transcript.ts";
import { parseMessage } from "../../src/policy/message-format.ts";

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

/**
 * The same episodes with their actions as native tool calls.
 * @param beside Whether the thought stands beside the call. Some models have no place for it.
 */
export async function playToolExamples(episodes: number, beside: boolean): Promise<TrainingExample[]> {
  const tools = createDefaultTask({ goals: { train: 1, validation: 1, test: 1 } }).environment.tools ?? [];
  const declared = tools.map(({ name, description, parameters }) => ({ name, description, parameters }));
  return (await playExamples(episodes)).map((example) => ({
    ...example,
    tools: declared,
    messages: example.messages.map((message, index) => {
      if (message.role !== "assistant") return message;
      const { thought, action } = parseMessage(message.content);
      return { ...message, toolCall: { ...callOf(action, index, tools), content: beside ? thought : "" } };
    }),
  }));
}

function callOf(action: string, index: number, tools: readonly ActionTool[]) {
  for (const tool of tools) {
    const given = tool.fromAction(action);
    // System prompt and first observation, then an action at every second place.
    if (given !== undefined) {
      return { id: toolCallId(index / 2 - 1), name: tool.name, arguments: JSON.stringify(given) };
    }
  }
  throw new Error(`No tool takes the action ${action}.`);
}

/** The examples with the shortest texts, shortest first. */
export function shortest(examples: readonly TrainingExample[], count: number): TrainingExample[] {
  return examples.toSorted((a, b) => lengthOf(a) - lengthOf(b)).slice(0, count);
}

function lengthOf({ messages }: TrainingExample): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}

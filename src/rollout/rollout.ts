import { actTool } from "../environment/action-tool.ts";
import type { Environment, Episode } from "../environment/environment.ts";
import { ReplayDivergedError } from "../errors.ts";
import { PolicyError } from "../policy/chat/policy-error.ts";
import { parseMessage } from "../policy/message-format.ts";
import type { Policy } from "../policy/policy.ts";
import {
  type Message,
  messagesOf,
  type Step,
  type StopReason,
  type ToolDeclaration,
  type Trajectory,
  transcript,
} from "../trajectory.ts";
import type { ExecutorOptions, RolloutRequest } from "./executor.ts";
import { replay } from "./replay.ts";

/** Error messages are stored with the trajectory; a server's answer must not fill the database. */
const longestErrorMessage = 2000;

/**
 * Plays one episode: reach the start state, then let the policy act until something ends the episode.
 *
 * Whatever fails in the environment or the policy is recorded on the trajectory (`stopReason` and `error`), never
 * thrown. Only an abort is thrown: an unfinished episode is nobody's result.
 *
 * @throws the signal's reason, if it aborts before the episode is over.
 */
export async function rollout(request: RolloutRequest, options: ExecutorOptions): Promise<Trajectory> {
  const { environment, policy, signal } = options;
  signal?.throwIfAborted();
  const started = performance.now();
  const record = new EpisodeRecord(environment.systemPrompt);
  const stopReason = await play(request, environment, policy, record, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    return record.fail("environment-error", error); // An episode that could not be closed.
  });
  const { from } = request;
  return {
    id: request.id,
    taskId: request.task.id,
    policy: policy.version,
    kind: request.kind,
    seed: request.seed,
    ...(from === undefined
      ? {}
      : { from: { trajectoryId: from.trajectory.id, stateIndex: from.stateIndex } }),
    initialObservation: record.initialObservation,
    steps: record.steps,
    reward: record.error === undefined ? (record.steps.at(-1)?.reward ?? 0) : 0,
    stopReason,
    ...(record.error === undefined ? {} : { error: record.error }),
    ...(record.steps.some((step) => step.toolCall !== undefined)
      ? { tools: declarations(environment, request) }
      : {}),
    usage: {
      environmentSteps: record.environmentSteps,
      promptTokens: record.promptTokens,
      generatedTokens: record.generatedTokens,
      seconds: (performance.now() - started) / 1000,
    },
  };
}

/** The tools that could be called. A trajectory that was recorded with tools keeps its own. */
function declarations(environment: Environment, { from }: RolloutRequest): readonly ToolDeclaration[] {
  if (from?.trajectory.tools !== undefined) return from.trajectory.tools;
  return (environment.tools ?? [actTool]).map(({ name, description, parameters }) => ({
    name,
    description,
    parameters,
  }));
}

/** What has happened so far. It outlives the failure of an episode. */
class EpisodeRecord {
  initialObservation = "";
  readonly steps: Step[] = [];
  messages: readonly Message[];
  environmentSteps = 0;
  promptTokens = 0;
  generatedTokens = 0;
  error: Trajectory["error"];
  readonly #systemPrompt: string;

  constructor(systemPrompt: string) {
    this.#systemPrompt = systemPrompt;
    this.messages = [];
  }

  begin(initialObservation: string, steps: readonly Step[]): void {
    this.initialObservation = initialObservation;
    this.steps.push(...steps);
    this.messages = transcript(this.#systemPrompt, this);
  }

  add(step: Step): void {
    this.steps.push(step);
    this.messages = [...this.messages, ...messagesOf(step)];
  }

  fail<Reason extends StopReason>(reason: Reason, error: unknown): Reason {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    this.error = {
      name,
      message: message.slice(0, longestErrorMessage),
      ...(error instanceof PolicyError && error.isPermanent ? { permanent: true } : {}),
    };
    return reason;
  }
}

async function play(
  request: RolloutRequest,
  environment: Environment,
  policy: Policy,
  record: EpisodeRecord,
  signal: AbortSignal | undefined,
): Promise<StopReason> {
  const { task, from } = request;
  const options = signal === undefined ? {} : { signal };
  let opened: Episode;
  try {
    opened =
      from === undefined
        ? await environment.start(task, options)
        : await replay(environment, task, from.trajectory, from.stateIndex, options);
  } catch (error) {
    signal?.throwIfAborted();
    record.initialObservation = from?.trajectory.initialObservation ?? "";
    return record.fail(error instanceof ReplayDivergedError ? "replay-diverged" : "environment-error", error);
  }
  await using episode = opened;
  if (from === undefined) record.begin(episode.observation, []);
  else record.begin(from.trajectory.initialObservation, from.trajectory.steps.slice(0, from.stateIndex));
  if (record.steps.at(-1)?.done) return "done";

  while (record.steps.length < request.maximumSteps) {
    signal?.throwIfAborted();
    const result = await attempt(() =>
      policy.act({
        messages: record.messages,
        ...(episode.actions === undefined ? {} : { admissibleActions: episode.actions }),
        ...(environment.tools === undefined ? {} : { tools: environment.tools }),
        seed: request.seed,
        turn: record.steps.length,
        temperature: request.temperature,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    signal?.throwIfAborted();
    if ("error" in result) return record.fail("policy-error", result.error);
    const { message, toolCall, logProbability, promptTokens, generatedTokens, stop } = result.value;
    record.promptTokens += promptTokens;
    record.generatedTokens += generatedTokens;
    if (stop !== undefined) return stop;

    const { action } = parseMessage(message);
    const answer = await attempt(() => episode.step(action));
    signal?.throwIfAborted();
    if ("error" in answer) return record.fail("environment-error", answer.error);
    record.environmentSteps += 1;
    record.add({
      message,
      action,
      ...answer.value,
      ...(logProbability === undefined ? {} : { logProbability }),
      ...(toolCall === undefined ? {} : { toolCall }),
      ...(toolCall?.problem === undefined ? {} : { valid: false }),
    });
    if (answer.value.done) return "done";
  }
  return "step-limit";
}

/** The value, or the error as a value. */
async function attempt<T>(call: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}

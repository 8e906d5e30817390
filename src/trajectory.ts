import { z } from "zod";

/** The nouns of the project, as schemas (for what comes from files) and readonly types (for what is inside). */

/** A tool as a chat model is told of it. */
export const toolDeclarationSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  /** A JSON Schema of the arguments, which are an object. */
  parameters: z.record(z.string(), z.unknown()).readonly(),
});
export type ToolDeclaration = Readonly<z.infer<typeof toolDeclarationSchema>>;

/** An action that a chat model took by a native tool call, as it made it. */
export const toolCallSchema = z.strictObject({
  /** Made here, so that it does not change from run to run: "call00001". Nine letters and digits, because some models take no others. */
  id: z.string(),
  name: z.string(),
  /** As the model wrote them: a JSON object as text, or what should have been one. */
  arguments: z.string(),
  /** What the model wrote beside the call. */
  content: z.string(),
  /** Why the call stands for no action of the environment, if it does not. Such a step is never valid. */
  problem: z.enum(["unknown-tool", "invalid-arguments"]).exactOptional(),
});
export type ToolCall = Readonly<z.infer<typeof toolCallSchema>>;

export const messageSchema = z.strictObject({
  role: z.enum(["system", "user", "assistant"]),
  content: z.string(),
  /** Of an assistant: the call that `content` is the text form of. The user's message after it is the call's result. */
  toolCall: toolCallSchema.exactOptional(),
});
export type Message = Readonly<z.infer<typeof messageSchema>>;

export const splitSchema = z.enum(["train", "validation", "test"]);
export type Split = z.infer<typeof splitSchema>;

/** An initial state of an environment. Environments extend it with what they need to start the episode. */
export interface Task {
  /** Unique within its environment, over all splits. */
  readonly id: string;
  readonly split: Split;
  /** What kind of task it is, where there are kinds: results are then given for each kind too. */
  readonly group?: string;
}

/** Why an episode ended. */
export const stopReasonSchema = z.enum([
  /** The environment said that the episode is over. */
  "done",
  /** The episode used all the steps it was allowed. */
  "step-limit",
  /** The policy declined to go on (an expert that gives up). */
  "gave-up",
  /** The transcript no longer fits the policy's context. */
  "context-overflow",
  /** The environment failed; `error` says how. */
  "environment-error",
  /** The policy failed (a server that does not answer); `error` says how. */
  "policy-error",
  /** The expert's state could not be reached by replay; nothing was simulated. */
  "replay-diverged",
]);
export type StopReason = z.infer<typeof stopReasonSchema>;

export const stepSchema = z.strictObject({
  /** The policy's text, verbatim. This is what is trained on. */
  message: z.string(),
  /** The action parsed from the message: what the environment was given. */
  action: z.string(),
  /** What the environment answered. */
  observation: z.string(),
  /** The episode's final reward if it ended after this step, in [0, 1]. */
  reward: z.number(),
  done: z.boolean(),
  /** False if the environment did not understand or allow the action. */
  valid: z.boolean(),
  /** Log-probability of the message's tokens under the policy that wrote it, where known. */
  logProbability: z.number().optional(),
  /** The native tool call, if the action was one; `message` is then its text form. */
  toolCall: toolCallSchema.exactOptional(),
});
export type Step = Readonly<z.infer<typeof stepSchema>>;

export const usageSchema = z.strictObject({
  /** Steps taken in the environment, replayed ones not counted. */
  environmentSteps: z.number(),
  /** Tokens of transcript that the policy had to read (each counted once per episode). */
  promptTokens: z.number(),
  /** Tokens that the policy wrote. */
  generatedTokens: z.number(),
  /** Wall-clock time. The only figure here that differs between two runs of the same seed. */
  seconds: z.number(),
});
export type Usage = Readonly<z.infer<typeof usageSchema>>;

export const trajectorySchema = z.strictObject({
  id: z.string(),
  taskId: z.string(),
  /** Who acted: an expert's name, or a student's policy version. */
  policy: z.string(),
  kind: z.enum(["expert", "simulation", "evaluation"]),
  seed: z.number(),
  /** For a simulation from an expert state: the first `stateIndex` steps are the expert's, the rest the student's. */
  from: z.strictObject({ trajectoryId: z.string(), stateIndex: z.number().int() }).optional(),
  initialObservation: z.string(),
  steps: z.array(stepSchema).readonly(),
  /** Final reward in [0, 1]. */
  reward: z.number(),
  stopReason: stopReasonSchema,
  error: z
    .strictObject({
      name: z.string(),
      message: z.string(),
      /** Every further episode would fail in the same way (a wrong key, a model that is not there). */
      permanent: z.literal(true).exactOptional(),
    })
    .optional(),
  /** The tools that the policy could call, if a step is a tool call. */
  tools: z.array(toolDeclarationSchema).readonly().exactOptional(),
  usage: usageSchema,
});
export type Trajectory = Readonly<z.infer<typeof trajectorySchema>>;

/** A win is a final reward of exactly 1 (method.md, "Setting"). */
export function isWin(trajectory: Pick<Trajectory, "reward">): boolean {
  return trajectory.reward >= 1;
}

/** The chat transcript up to state `stateIndex` (default: the last state): system, observation, action, observation, ... */
export function transcript(
  systemPrompt: string,
  trajectory: Pick<Trajectory, "initialObservation" | "steps">,
  stateIndex: number = trajectory.steps.length,
): Message[] {
  const messages: Message[] = [
    { role: "system", content: systemPrompt },
    { role: "user", content: trajectory.initialObservation },
  ];
  for (const step of trajectory.steps.slice(0, stateIndex)) messages.push(...messagesOf(step));
  return messages;
}

/** What a step adds to the transcript: the policy's message and the observation. */
export function messagesOf({ message, observation, toolCall }: Step): readonly [Message, Message] {
  return [
    { role: "assistant", content: message, ...(toolCall === undefined ? {} : { toolCall }) },
    { role: "user", content: observation },
  ];
}

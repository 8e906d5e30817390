import type { ActionTool } from "../environment/action-tool.ts";
import type { Message, ToolCall } from "../trajectory.ts";

export interface ActRequest {
  /** The transcript so far; its last message is the latest observation. */
  readonly messages: readonly Message[];
  /** The admissible actions, where the environment lists them. */
  readonly admissibleActions?: readonly string[];
  /** The environment's actions as tools, where it declares them. */
  readonly tools?: readonly ActionTool[];
  /** Seed of the episode. Together with `turn` it fixes every draw, so a policy keeps no state between calls. */
  readonly seed: number;
  /** How many actions this policy or an expert before it has taken in the episode. */
  readonly turn: number;
  /** Sampling temperature; 0 is greedy. */
  readonly temperature: number;
  readonly signal?: AbortSignal;
}

export interface ActResult {
  /** The policy's text: a thought and an action, see message-format.ts. */
  readonly message: string;
  /** The native tool call that `message` is the text form of, if the policy made one. */
  readonly toolCall?: ToolCall;
  /** Log-probability of the text's tokens under the policy at temperature 1, where known. */
  readonly logProbability?: number;
  /** Tokens of transcript that were new to the policy in this turn. */
  readonly promptTokens: number;
  readonly generatedTokens: number;
  /** Set if the policy ends the episode instead of acting; `message` is then ignored. */
  readonly stop?: "gave-up" | "context-overflow";
}

/** Anything that acts: an expert, a chat model, the student. */
export interface Policy extends AsyncDisposable {
  readonly name: string;
  /** Changes whenever the behaviour may change; part of the identity of every rollout. */
  readonly version: string;
  /** Settings for the record of a run, as JSON data. No secrets. */
  describe?(): unknown;
  act(request: ActRequest): Promise<ActResult>;
}

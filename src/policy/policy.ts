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
  /**
   * What is wrong with the reply as a whole: it was cut off by the limit of its tokens before an action was complete, it holds nothing, or
   * it is a refusal. It is the policy's own doing: `message` goes to the environment as it is, which mostly calls it invalid.
   */
  readonly flaw?: "cut-off" | "empty" | "refusal";
  /** Set if the policy ends the episode instead of acting; `message` is then ignored. */
  readonly stop?: "gave-up" | "context-overflow";
}

/** What was sent to a service that may cost money. The counts only grow. */
export interface ServiceUsage {
  /** Requests sent, retries included. */
  readonly requests: number;
  readonly retries: number;
  /** Tokens read and written. */
  readonly tokens: number;
}

/** The account of what a policy, or all the policies that share it, have used of a budget. */
export interface UsageAccount {
  /** Stands for it in the record of a run: the same in every command of the run. No secrets. */
  readonly name: string;
  read(): ServiceUsage;
  /** Takes over what earlier commands of the run have used: each count becomes the larger of the two, so it may be told again. */
  restore(usage: ServiceUsage): void;
}

/** Anything that acts: an expert, a chat model, the student. */
export interface Policy extends AsyncDisposable {
  readonly name: string;
  /** Changes whenever the behaviour may change; part of the identity of every rollout. */
  readonly version: string;
  /** Settings for the record of a run, as JSON data. No secrets. */
  describe?(): unknown;
  /** Of a policy whose use may be limited by a budget. A run stores it, and restores it when the same command goes on. */
  readonly usage?: UsageAccount;
  /** What its user should know of the answers since this was last asked, a line each: "3 of 120 replies were cut off …". */
  remarks?(): readonly string[];
  act(request: ActRequest): Promise<ActResult>;
}

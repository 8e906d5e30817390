import type { Environment } from "../environment/environment.ts";
import type { ActRequest, ActResult, Policy } from "../policy/policy.ts";
import type { Task } from "../trajectory.ts";

export interface CountingTask extends Task {
  readonly target: number;
}

export function countingTask(id: string, target: number): CountingTask {
  return { id, split: "train", target };
}

/** `add N` adds to a sum that starts at 0; `stop` ends the episode and wins if the sum is the target. */
export function countingEnvironment(
  options: { brokenAt?: number; failToClose?: boolean; shift?: number } = {},
): Environment<CountingTask> & { readonly counts: { open: number; steps: number } } {
  const counts = { open: 0, steps: 0 };
  return {
    name: "counting",
    systemPrompt: "Reach the target.",
    counts,
    tasks: () => [],
    async start({ target }) {
      counts.open += 1;
      let sum = options.shift ?? 0;
      return {
        get observation() {
          return `sum ${sum} of ${target}`;
        },
        actions: ["add 1", "add 2", "stop"],
        async step(action) {
          counts.steps += 1;
          if (sum === options.brokenAt) throw new Error("the abacus broke");
          const added = /^add (\d+)$/.exec(action)?.[1];
          if (action === "stop") {
            return { observation: "stopped", reward: sum === target ? 1 : 0, done: true, valid: true };
          }
          sum += Number(added ?? 0);
          return {
            observation: `sum ${sum} of ${target}`,
            reward: 0,
            done: false,
            valid: added !== undefined,
          };
        },
        async [Symbol.asyncDispose]() {
          counts.open -= 1;
          if (options.failToClose) throw new Error("the door is stuck");
        },
      };
    },
  };
}

/** Acts by a function of the request; a text is a message. */
export function policyOf(act: (request: ActRequest) => string | ActResult | Promise<string>): Policy {
  return {
    name: "test policy",
    version: "1",
    async act(request) {
      const result = await act(request);
      return typeof result === "string" ? { message: result, promptTokens: 10, generatedTokens: 3 } : result;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Adds 1 until the target is reached, then stops. */
export const careful = policyOf(({ messages }) => {
  const [, sum, target] = /sum (\d+) of (\d+)/.exec(messages.at(-1)?.content ?? "") ?? [];
  return sum === target ? "Thought: done.\nAction: stop" : "Thought: more.\nAction: add 1";
});

import { textTool } from "../../environment/action-tool.ts";
import type { Environment } from "../../environment/environment.ts";
import { rollout } from "../../rollout/rollout.ts";
import type { Trajectory } from "../../trajectory.ts";
import { chatPolicy } from "../chat.ts";
import { type Answer, startTestServer } from "./server.test-helpers.ts";

/** Wins when the lamp is taken. */
export const shelf: Environment = {
  name: "shelf",
  systemPrompt: "Take the lamp.",
  tools: [
    textTool({
      name: "take",
      description: "Take a thing.",
      argument: { name: "thing", description: "Its name." },
      around: ["take[", "]"],
    }),
  ],
  tasks: () => [],
  async start() {
    return {
      observation: "A book, a lamp.",
      step: async (action) => {
        const done = action === "take[lamp]";
        const valid = /^take\[(lamp|book)\]$/.test(action);
        return {
          observation: done ? "Well done." : valid ? "A book." : "What?",
          reward: done ? 1 : 0,
          done,
          valid,
        };
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

/** Plays an episode against a server with these answers. */
export async function play(answers: readonly Answer[], environment: Environment = shelf, from?: Trajectory) {
  await using server = await startTestServer(...answers);
  await using policy = chatPolicy({ baseUrl: server.baseUrl, model: "m", actions: "tools", retries: 0 });
  const trajectory = await rollout(
    {
      id: "r",
      kind: "simulation",
      task: { id: "t", split: "train" },
      seed: 1,
      temperature: 0,
      maximumSteps: 4,
      ...(from === undefined ? {} : { from: { trajectory: from, stateIndex: 1 } }),
    },
    { environment, policy },
  );
  return { trajectory, requests: server.requests };
}

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../policy/message-format.ts";
import { isWin, trajectorySchema } from "../trajectory.ts";
import type { ImportedTrajectory } from "./format.ts";
import { readTrajectories } from "./formats.ts";
import { readJsonLines } from "./json-lines.ts";
import { restoreGoals } from "./restore-goals.ts";
import { exportWebShopReact, importWebShopReact, type WebShopReactRecord } from "./webshop-react.ts";

const data = fileURLToPath(
  new URL("../../../shared/data/trajectories/webshop-react/react_500.jsonl", import.meta.url),
);

const ok = "OK.";
const record = (
  steps: WebShopReactRecord["steps"],
  more: Partial<WebShopReactRecord> = {},
): WebShopReactRecord => ({
  session: "fixed_3",
  goal_index: 3,
  instruction: "i need a lamp, and price lower than 20.00 dollars",
  bought: true,
  reward: 1,
  success: true,
  steps,
  initial_observation:
    "Webshop \nInstruction:  \ni need a lamp, and price lower than 20.00 dollars \n[Search]",
  ...more,
});
const step = (action: string, observation = "[Back to Search]", invalid = false) => ({
  action,
  observation,
  invalid,
});

describe("importWebShopReact", () => {
  it("makes a thought part of the message of the action that follows it", () => {
    const { trajectory } = importWebShopReact(
      record([
        step("search[lamp]"),
        step("think[The first fits.]", ok),
        step("click[B01]"),
        step("click[Buy Now]"),
      ]),
    );
    expect(trajectory.steps.map(({ action }) => action)).toEqual([
      "search[lamp]",
      "click[B01]",
      "click[Buy Now]",
    ]);
    expect(trajectory.steps[1]?.message).toBe("Thought: The first fits.\nAction: click[B01]");
    expect(trajectory.usage.environmentSteps).toBe(3);
  });

  it("keeps a thought that nothing follows, or that was answered otherwise, as a step", () => {
    const { trajectory } = importWebShopReact(
      record([step("think[a]", "Invalid action!", true), step("think[b]", ok)], {
        bought: false,
        reward: 0,
        success: false,
      }),
    );
    expect(trajectory.steps.map(({ action, valid }) => [action, valid])).toEqual([
      ["think[a]", false],
      ["think[b]", true],
    ]);
    expect(trajectory.usage.environmentSteps).toBe(0);
  });

  it("gives the reward to the purchase only", () => {
    const { trajectory } = importWebShopReact(
      record([step("click[B01]"), step("click[Buy Now]")], { reward: 0.75 }),
    );
    expect(trajectory.steps.map(({ reward, done }) => [reward, done])).toEqual([
      [0, false],
      [0.75, true],
    ]);
  });

  it.each<[string, WebShopReactRecord["steps"], string]>([
    [
      "used all turns",
      Array.from({ length: 14 }, () => step("click[x]", "Invalid action!", true)),
      "step-limit",
    ],
    ["got no answer", [step("click[Buy Now]", "")], "environment-error"],
    ["stopped early", [step("search[lamp]")], "gave-up"],
  ])("an episode that %s without a purchase ends as such", (_, steps, stopReason) => {
    const { trajectory } = importWebShopReact(record(steps, { bought: false, reward: 0, success: false }));
    expect(trajectory.stopReason).toBe(stopReason);
    expect(trajectorySchema.parse(trajectory)).toEqual(trajectory);
  });

  it.each([
    "think[cut off",
    "think[]",
    "think[ a ]",
    "think[think[a]]",
    "think[Action: b]",
    "think[Thought: b]",
    "think[a] ",
    "think[a\nb]",
  ])("gives the strange thought %j back as it was recorded", (thought) => {
    const original = record([step("think[first]", ok), step(thought, ok), step("click[Buy Now]")]);
    expect(exportWebShopReact(importWebShopReact(original))).toEqual(original);
  });
});

describe.skipIf(!existsSync(data))(
  "the 500 recorded LLM episodes (skipped where the data is absent)",
  async () => {
    const episodes: ImportedTrajectory[] = [];
    const records: WebShopReactRecord[] = [];
    if (existsSync(data)) {
      for await (const episode of readTrajectories(data)) episodes.push(episode);
      for await (const { value } of readJsonLines(data)) records.push(value as WebShopReactRecord);
    }
    const trajectories = episodes.map(({ trajectory }) => trajectory);

    it("are 179 wins and 321 failures of 500 tasks", () => {
      expect(trajectories.filter(isWin)).toHaveLength(179);
      expect(trajectories.filter((trajectory) => !isWin(trajectory))).toHaveLength(321);
      expect(new Set(trajectories.map(({ taskId }) => taskId)).size).toBe(500);
    });

    it("keep every invalid action", () => {
      const invalid = trajectories.flatMap(({ steps }) => steps.filter(({ valid }) => !valid));
      expect(invalid).toHaveLength(310);
    });

    it("keep every thought: the records can be made again, byte for byte", () => {
      expect(episodes.map(exportWebShopReact)).toEqual(records);
    });

    it("have exactly the actions that the shop was given, in their order", () => {
      for (const [index, { steps }] of trajectories.entries()) {
        const given = records[index]?.steps.filter(
          ({ action, observation }) => !(action.startsWith("think[") && observation === ok),
        );
        expect(steps.map(({ action }) => action).filter((action) => !action.startsWith("think["))).toEqual(
          given?.map(({ action }) => action),
        );
      }
    });

    it("have messages from which the same action is read again", () => {
      for (const { message, action } of trajectories.flatMap(({ steps }) => steps)) {
        expect(parseMessage(message).action).toBe(action);
      }
    });

    it("are valid trajectories", () => {
      for (const trajectory of trajectories)
        expect(trajectorySchema.safeParse(trajectory).error).toBeUndefined();
    });

    it("find their own goals again, and no others", () => {
      const goals = records.map(({ instruction, goal_index }) => ({
        id: `goal-${goal_index}`,
        instruction: instruction.replace(/, and price.*/, ", and price lower than 990.00 dollars."),
      }));
      const { restored, unknown, ambiguous } = restoreGoals(episodes, goals.slice(0, 100));
      expect({ restored: restored.length, unknown, ambiguous }).toEqual({
        restored: 100,
        unknown: 400,
        ambiguous: 0,
      });
      expect(restored.every(({ trajectory, goal }) => trajectory.taskId === goal.id)).toBe(true);
    });
  },
);

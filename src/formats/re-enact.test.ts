import { describe, expect, it } from "vitest";
import type { Environment, Episode } from "../environment/environment.ts";
import { ConfigurationError } from "../errors.ts";
import { replay } from "../rollout/replay.ts";
import type { Step, Trajectory } from "../trajectory.ts";
import { reEnact } from "./re-enact.ts";
import { restorationNote, restoreEpisodes } from "./restore-episodes.ts";

interface WordTask {
  readonly id: string;
  readonly split: "train";
  readonly wish: string;
  readonly words: readonly string[];
}

/** Say words that are sold here; the last one ends the episode, and wins if it is the one wished for. */
const environment: Environment<WordTask> = {
  name: "words",
  systemPrompt: "Say a word.",
  tasks: () => [],
  async start({ wish, words }): Promise<Episode> {
    let observation = `say: ${wish}`;
    return {
      get observation() {
        return observation;
      },
      async step(action) {
        const valid = words.includes(action) || action === "end";
        if (valid) observation = `you said ${action}`;
        return { observation, reward: action === "end" ? 0.5 : 0, done: action === "end", valid };
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
const task: WordTask = { id: "task-1", split: "train", wish: "a lamp", words: ["red", "blue"] };

function recorded(actions: readonly string[], more: Partial<Trajectory> = {}): Trajectory {
  const step = (action: string): Step => ({
    message: `Thought: hm.\nAction: ${action}`,
    action,
    observation: "as another client shows it",
    reward: 0,
    done: false,
    valid: !action.startsWith("jump"),
  });
  return {
    id: "recorded-1",
    taskId: "task-1",
    policy: "gpt",
    kind: "expert",
    seed: 0,
    initialObservation: "as another client shows it",
    steps: actions.map(step),
    reward: 1,
    stopReason: "done",
    usage: { environmentSteps: 9, promptTokens: 0, generatedTokens: 0, seconds: 0 },
    ...more,
  };
}

describe("reEnact", () => {
  it("gives a trajectory that can be replayed, with this environment's own reward", async () => {
    const { trajectory, stoppedAt } = await reEnact(
      recorded(["red", "jump", "think[so]", "blue", "end"]),
      environment,
      task,
    );
    expect(stoppedAt).toBeUndefined();
    expect(trajectory.steps.map(({ action, valid }) => [action, valid])).toEqual([
      ["red", true],
      ["jump", false],
      ["blue", true],
      ["end", true],
    ]);
    expect(trajectory).toMatchObject({ reward: 0.5, stopReason: "done", policy: "gpt" });
    await using episode = await replay(environment, task, trajectory, 3);
    expect(episode.observation).toBe("you said blue");
  });

  it("keeps the messages as they were written", async () => {
    const { trajectory } = await reEnact(recorded(["red"]), environment, task);
    expect(trajectory.steps[0]?.message).toBe("Thought: hm.\nAction: red");
  });

  it("ends before an action that was possible there and is not here, and says where", async () => {
    const { trajectory, stoppedAt } = await reEnact(recorded(["red", "green", "end"]), environment, task);
    expect(stoppedAt).toBe(1);
    expect(trajectory).toMatchObject({ reward: 0, stopReason: "gave-up" });
    expect(trajectory.steps).toHaveLength(1);
  });

  it("does nothing after the end", async () => {
    const { trajectory } = await reEnact(recorded(["end", "red"]), environment, task);
    expect(trajectory.steps).toHaveLength(1);
  });

  it("refuses a trajectory of another task", async () => {
    await expect(reEnact(recorded([], { taskId: "task-2" }), environment, task)).rejects.toThrow(
      ConfigurationError,
    );
  });
});

describe("restoreEpisodes", () => {
  it("restores what it can, and counts the rest", async () => {
    const episode = (instruction: string, actions: readonly string[]) => ({
      trajectory: recorded(actions, { taskId: "elsewhere" }),
      goal: { instruction },
    });
    const twice = (id: string): WordTask => ({
      ...task,
      id,
      wish: "a sofa, and price lower than 10.00 dollars",
    });
    const restored = await restoreEpisodes(
      [
        episode("A lamp.", ["red", "end"]),
        episode("a lamp", ["green"]),
        episode("a sofa", ["red"]),
        episode("a boat", ["red"]),
      ],
      environment,
      [task, twice("task-2"), twice("task-3")],
      ({ wish }) => wish,
    );
    expect(restored.counts).toEqual({
      episodes: 4,
      restored: 2,
      cutShort: 1,
      unknownGoal: 1,
      ambiguousGoal: 1,
    });
    expect(restored.trajectories.map(({ taskId }) => taskId)).toEqual(["task-1", "task-1"]);
    expect(restorationNote(restored)).toBe(
      "2 of 4 episodes have a goal of this environment (1 of them cut short at an action that it does not accept); 1 have a goal that is not there, 1 fit several.",
    );
  });
});

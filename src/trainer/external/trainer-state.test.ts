import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./stand-in.test-helpers.ts";
import { readTrainerState } from "./trainer-state.ts";

function stateOf(text: string) {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "trainer_state.json"), text);
  return readTrainerState(folder.path);
}

describe("the state that a trainer leaves", () => {
  it("tells the loss of each step, and whether it was the last", () => {
    const history = [{ loss: 2, step: 1 }, { loss: 1, step: 2 }, { train_loss: 1.5 }];
    const state = { global_step: 2, max_steps: 4, log_history: history };
    expect(stateOf(JSON.stringify(state))).toEqual({ losses: [2, 1], isComplete: false });
    expect(stateOf(JSON.stringify({ ...state, global_step: 4 }))?.isComplete).toBe(true);
    expect(stateOf("{}")).toEqual({ losses: [], isComplete: false });
  });

  it("is read as Python writes it: numbers that are none are bare words", () => {
    const losses =
      '[{"loss": NaN, "grad_norm": NaN}, {"loss": -Infinity}, {"loss":Infinity}, {"loss": 0.5, "said": "a NaN"}]';
    expect(stateOf(`{"best": NaN, "log_history": ${losses}}`)?.losses).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      0.5,
    ]);
  });

  it("has no number for a loss that transformers filtered: 0, with a gradient that is none", () => {
    expect(stateOf('{"log_history": [{"loss": 0.0, "grad_norm": NaN}]}')?.losses).toEqual([Number.NaN]);
    expect(stateOf('{"log_history": [{"loss": 0.0, "grad_norm": 0.1}]}')?.losses).toEqual([0]);
  });

  it("is none where there is no file, or one that was cut off", () => {
    expect(stateOf('{"log_history": [{"loss": 2')).toBeUndefined();
    expect(readTrainerState("/nowhere")).toBeUndefined();
  });
});

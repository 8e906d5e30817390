import { describe, expect, it } from "vitest";
import type { ImportedTrajectory } from "./format.ts";
import { restoreGoals, splitInstruction } from "./restore-goals.ts";

function episode(instruction: string): ImportedTrajectory {
  return {
    goal: { instruction },
    trajectory: {
      id: instruction,
      taskId: "unknown",
      policy: "expert",
      kind: "expert",
      seed: 0,
      initialObservation: "",
      steps: [],
      reward: 0,
      stopReason: "gave-up",
      usage: { environmentSteps: 0, promptTokens: 0, generatedTokens: 0, seconds: 0 },
    },
  };
}

describe("restoreGoals", () => {
  it("finds a goal whose price limit was drawn differently, and keeps the recorded limit", () => {
    const { restored } = restoreGoals(
      [episode("I need a red lamp., and price lower than 30.00 dollars")],
      [{ id: "goal-1", instruction: "i need a red lamp, and price lower than 50.00 dollars" }],
    );
    expect(restored).toMatchObject([{ trajectory: { taskId: "goal-1" }, priceUpper: 30 }]);
  });

  it("never guesses between goals of the same text", () => {
    const goals = [40, 50].map((price) => ({
      id: `goal-${price}`,
      instruction: `a lamp, and price lower than ${price}.00 dollars`,
    }));
    const found = (price: number) =>
      restoreGoals([episode(`a lamp, and price lower than ${price}.00 dollars`)], goals);
    expect(found(50).restored).toMatchObject([{ goal: { id: "goal-50" } }]);
    expect(found(60)).toEqual({ restored: [], unknown: 0, ambiguous: 1 });
  });

  it("counts the episodes whose goal is not there, also those without an instruction", () => {
    const { unknown } = restoreGoals(
      [episode("a sofa"), episode("")],
      [{ id: "goal-1", instruction: "a lamp" }],
    );
    expect(unknown).toBe(2);
  });
});

describe("splitInstruction", () => {
  it("takes the price limit off, where there is one", () => {
    expect(splitInstruction(" A lamp with price tag, and price lower than 40.00 dollars")).toEqual({
      text: "a lamp with price tag",
      priceUpper: 40,
    });
    expect(splitInstruction("A lamp.")).toEqual({ text: "a lamp" });
  });
});

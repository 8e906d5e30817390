import { describe, expect, it } from "vitest";
import type { TrainingExample } from "../trainer.ts";
import { madeUpExamples } from "./stand-in.test-helpers.ts";
import { identityOf } from "./work-folder.ts";

describe("the identity of a training", () => {
  const examples = madeUpExamples(2);
  const request = { base: { location: "base", version: "v1" }, examples, seed: 1, outputDirectory: "/a" };
  const withEach = (more: Partial<TrainingExample>) => examples.map((example) => ({ ...example, ...more }));
  const original = identityOf(request, { epochs: 3 });

  it("does not change with places", () => {
    const elsewhere = { ...request, base: { location: "moved", version: "v1" }, outputDirectory: "/b" };
    expect(identityOf(elsewhere, { epochs: 3 })).toBe(original);
  });

  it("changes with all that decides what is learned, tools included", () => {
    const tool = { name: "act", description: "", parameters: {} };
    const others = [
      identityOf(request, { epochs: 4 }),
      identityOf({ ...request, seed: 2 }, { epochs: 3 }),
      identityOf({ ...request, base: { location: "base", version: "v2" } }, { epochs: 3 }),
      identityOf({ ...request, examples: withEach({ weights: [0, 0, 1, 0, 1] }) }, { epochs: 3 }),
      identityOf({ ...request, examples: withEach({ tools: [tool] }) }, { epochs: 3 }),
    ];
    expect(new Set([original, ...others]).size).toBe(others.length + 1);
  });
});

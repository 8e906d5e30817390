import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { doors } from "../../test/toy/doors.ts";
import { porter } from "../../test/toy/porter.ts";
import { rft } from "../methods/rft.ts";
import { resolveConfig } from "../run/config.ts";
import { runPipeline } from "../run/pipeline.ts";
import { standInTrainer } from "../trainer/external/stand-in.test-helpers.ts";
import { commandFixture } from "./command-line.test-helpers.ts";
import { dryRun } from "./dry-run.ts";

const fixture = commandFixture();

/** A run whose trainer is a program that stands in for one. */
function config() {
  return resolveConfig({
    name: "dry",
    environment: doors({ train: 6, validation: 1, test: 2 }),
    experts: [{ policy: porter(4) }],
    trainer: standInTrainer("good"),
    methods: [rft({ iterations: 1 })],
    output: join(fixture.folder, "runs"),
  });
}

describe("a dry run", () => {
  it("plays nothing: it says that the experts have to act first", async () => {
    await expect(dryRun(config())).rejects.toThrow(/Episodes must be played/);
  });

  it("shows the first fine-tuning that is not done, and then that none is left", async () => {
    await runPipeline(config(), { stopAfter: { phase: "expert" } });
    await dryRun(config());
    expect(fixture.printed[0]).toMatch(/^The next fine-tuning has \d+ rows/);
    expect(fixture.printed.at(-1)).toMatch(/rft-0\.training\/dataset\.jsonl .*rft-0\.training\/output$/);

    await runPipeline(config());
    await dryRun(config(), { phase: "train", method: "RFT", iteration: 1 });
    expect(fixture.printed.at(-1)).toMatch(/^Nothing is left to train/);
  });
});

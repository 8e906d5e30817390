import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toyConfig } from "../../test/toy/config.ts";
import type { Trainer } from "../trainer/trainer.ts";
import type { RunConfig } from "./config.ts";
import { runPipeline } from "./pipeline.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-remarks-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The toy run with a trainer that remarks how many examples it was given. */
function remarkingConfig(): RunConfig {
  const config = toyConfig(folder, { name: "remarks" });
  const train: Trainer["train"] = async (request) => {
    const remark = `cut ${request.examples.length} examples`;
    request.onNote?.(remark);
    return { ...(await config.trainer.train(request)), remarks: [remark] };
  };
  return { ...config, trainer: { ...config.trainer, train } };
}

test("what a trainer remarks is said when it trains, and stands in the report of the run", async () => {
  const said: string[] = [];
  const work = { update: () => undefined, end: () => undefined };
  const progress = { begin: () => work, note: (text: string) => void said.push(text) };
  const { facts = [] } = await runPipeline(remarkingConfig(), { progress });
  const remarks = facts.map(({ value }) => value).filter((value) => / cut \d+ examples$/.test(value));
  expect(remarks[0]).toMatch(/^SFT, iteration 0: cut \d+ examples$/);
  // Behaviour cloning is trained once for all methods.
  expect(new Set(remarks).size).toBe(remarks.length);
  expect(remarks.map((remark) => remark.split(":")[0])).toEqual([
    "SFT, iteration 0",
    "RFT, iteration 1",
    "RFT, iteration 2",
    "RFT x3, iteration 1",
    "RFT x3, iteration 2",
    "EEF, iteration 1",
    "EEF, iteration 2",
  ]);
  expect(said.filter((text) => remarks.includes(text))).toEqual(remarks);
  for (const remark of remarks) {
    expect(readFileSync(join(folder, "runs", "remarks", "report.html"), "utf8")).toContain(remark);
  }
});

test("a run that was interrupted, or is run again when it is finished, has each remark once", async () => {
  const config = remarkingConfig();
  const killed: Trainer["train"] = async (request) => {
    if (request.outputDirectory.includes("eef-1")) throw new Error("killed");
    return await config.trainer.train(request);
  };
  await expect(runPipeline({ ...config, trainer: { ...config.trainer, train: killed } })).rejects.toThrow(
    "killed",
  );
  const whole = await runPipeline(config);
  const remarks = (whole.facts ?? []).filter(({ value }) => value.includes(" cut "));
  expect(remarks).toHaveLength(7);
  expect((await runPipeline(config)).facts).toEqual(whole.facts);
});

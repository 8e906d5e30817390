import { cpSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { shippedBase } from "../shipped-base.ts";
import { checkpointsIn, lastCheckpoint, removeTrainingState } from "./checkpoints.ts";
import { hashModel, holdsModel, verifyModel } from "./model-directory.ts";
import { temporaryFolder } from "./stand-in.test-helpers.ts";

describe("a model directory", () => {
  it("may hold its weights in parts, all of which must be there", async () => {
    using folder = temporaryFolder();
    cpSync(shippedBase, folder.path, { recursive: true });
    await verifyModel(folder.path, "model");
    renameSync(join(folder.path, "model.safetensors"), join(folder.path, "model-00001-of-00002.safetensors"));
    const index = { weight_map: { a: "model-00001-of-00002.safetensors" } };
    writeFileSync(join(folder.path, "model.safetensors.index.json"), JSON.stringify(index));
    expect(holdsModel(folder.path, "model")).toBe(true);
    await verifyModel(folder.path, "model");
    const missing = { weight_map: { ...index.weight_map, b: "model-00002-of-00002.safetensors" } };
    writeFileSync(join(folder.path, "model.safetensors.index.json"), JSON.stringify(missing));
    await expect(verifyModel(folder.path, "model")).rejects.toThrow(
      /00002-of-00002.*a part of the model is missing/,
    );
    // It would be left behind when the directory is moved, and is in no hash.
    using elsewhere = temporaryFolder();
    cpSync(join(folder.path, "model-00001-of-00002.safetensors"), join(elsewhere.path, "a.safetensors"));
    const outside = { weight_map: { a: relative(folder.path, join(elsewhere.path, "a.safetensors")) } };
    writeFileSync(join(folder.path, "model.safetensors.index.json"), JSON.stringify(outside));
    await expect(verifyModel(folder.path, "model")).rejects.toThrow(/not a file of this directory/);
  });

  it("is no adapter, and a version that changes with its weights but not with what is left of the training", async () => {
    using folder = temporaryFolder();
    cpSync(shippedBase, folder.path, { recursive: true });
    await expect(verifyModel(folder.path, "adapter")).rejects.toThrow(/adapter_config\.json/);
    const version = await hashModel(folder.path);
    writeFileSync(join(folder.path, "optimizer.pt"), "state");
    expect(await hashModel(folder.path)).toBe(version);
    expect(await hashModel(folder.path, "another base")).not.toBe(version);
    writeFileSync(join(folder.path, "model.safetensors"), "other");
    const changed = await hashModel(folder.path);
    expect(changed).not.toBe(version);
    // The older form of weights, in which a base model may still come.
    writeFileSync(join(folder.path, "pytorch_model-00001-of-00002.bin"), "weights");
    expect(await hashModel(folder.path)).not.toBe(changed);
  });

  it("is the same adapter in whatever order PEFT writes the names of its modules", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "adapter_model.safetensors"), "weights");
    const versionOf = (configuration: object) => {
      writeFileSync(join(folder.path, "adapter_config.json"), JSON.stringify(configuration));
      return hashModel(folder.path);
    };
    const version = await versionOf({ r: 8, target_modules: ["q_proj", "v_proj"] });
    expect(await versionOf({ r: 8, target_modules: ["v_proj", "q_proj"] })).toBe(version);
    expect(await versionOf({ r: 8, target_modules: ["v_proj", "k_proj"] })).not.toBe(version);
    expect(await versionOf({ r: 16, target_modules: ["v_proj", "q_proj"] })).not.toBe(version);
  });
});

describe("checkpoints", () => {
  it("go by their step, and count for going on only when they are whole", () => {
    using folder = temporaryFolder();
    for (const name of ["checkpoint-9", "checkpoint-10", "checkpoint-11", "other"]) {
      mkdirSync(join(folder.path, name));
      if (name !== "checkpoint-11") writeFileSync(join(folder.path, name, "trainer_state.json"), "{}");
    }
    expect(checkpointsIn(folder.path).map((path) => path.slice(folder.path.length + 1))).toEqual([
      "checkpoint-9",
      "checkpoint-10",
      "checkpoint-11",
    ]);
    expect(lastCheckpoint(folder.path)).toBe(join(folder.path, "checkpoint-10"));
    removeTrainingState(folder.path);
    expect(checkpointsIn(folder.path)).toEqual([]);
  });

  it("are not gone on from after a loss that is no number, or when their state was cut off", () => {
    using folder = temporaryFolder();
    const states = {
      3: '{"log_history": [{"loss": 2, "step": 1, "grad_norm": null}]}',
      4: '{"log_history": [{"loss": 2, "step": 1}, {"loss": NaN, "step": 2}]}',
      5: '{"log_history": [{"loss": 2',
    };
    for (const [step, state] of Object.entries(states)) {
      mkdirSync(join(folder.path, `checkpoint-${step}`));
      writeFileSync(join(folder.path, `checkpoint-${step}`, "trainer_state.json"), state);
    }
    expect(lastCheckpoint(folder.path)).toBe(join(folder.path, "checkpoint-3"));
  });
});

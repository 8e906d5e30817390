/**
 * Stands in for a trainer in tests: a program of its own that prints as the Hugging Face `Trainer` does and leaves a model
 * directory, but trains nothing.
 *
 *     node stand-in-trainer.test-helpers.ts BEHAVIOUR DATASET OUTPUT [CHECKPOINT]
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const steps = 4;

/** The weights: they tell only what they were trained on. */
let weights = Buffer.alloc(32);

function main([behaviour = "", dataset = "", output = "", checkpoint = ""]: readonly string[]): void {
  const isFirst = !existsSync(`${output}-begun`);
  writeFileSync(`${output}-begun`, "");
  if (behaviour.endsWith("-then-nothing") && !isFirst) return;
  if (behaviour === "only-checkpoints-then-nothing" || behaviour === "whole-then-nothing") {
    const where = behaviour.startsWith("whole") ? output : join(output, "checkpoint-2");
    writeModel(where, [{ loss: 1, step: 1 }]);
    console.log("{'loss': '1'}");
    process.exit(9);
  }
  if (behaviour === "silent-model" || behaviour === "noted-nan") {
    writeModel(output, behaviour === "noted-nan" ? [{ loss: 1 }, { loss: Number.NaN }] : []);
    console.log("done");
    return;
  }
  if (behaviour === "hang-silently") {
    console.log("loading");
    setInterval(() => {}, 1000);
    return;
  }
  if (behaviour === "print-environment") {
    for (const [name, value] of Object.entries(process.env)) console.log(`${name}=${value}`);
    process.exit(3);
  }
  const text = readFileSync(dataset, "utf8");
  weights = createHash("sha256").update(text).digest();
  const rows = text.trim().split("\n").length;
  console.log(`${rows} rows`);
  const history: { loss: number; step: number }[] =
    checkpoint === ""
      ? []
      : JSON.parse(readFileSync(join(checkpoint, "trainer_state.json"), "utf8")).log_history;
  for (let step = history.length + 1; step <= steps; step++) {
    process.stderr.write(`\r ${step * 25}%|██  | ${step}/${steps} [00:01<00:01, 1.00s/it]`);
    const isBroken = behaviour === "nan" && step === 3;
    process.stderr.write(
      `\r${" ".repeat(60)}\r{'loss': '${isBroken ? "nan" : 1 / step}', 'grad_norm': '0.5'}\n`,
    );
    history.push({ loss: 1 / step, step });
    if (step === 2) {
      if (behaviour === "fail") {
        console.error("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.");
        process.exit(3);
      }
      if (behaviour !== "no-model") writeModel(join(output, `checkpoint-${step}`), history);
      if (behaviour === "fail-once" && isFirst) {
        writeModel(output, history);
        process.exit(9);
      }
      if (behaviour === "hang-once" && checkpoint === "") {
        hang();
        return;
      }
    }
    if (isBroken) {
      // Only being stopped ends this program.
      hang();
      return;
    }
  }
  if (behaviour !== "no-model") writeModel(output, history, behaviour === "cut-off" ? 10 : 0);
  console.log("{'train_runtime': '4', 'train_loss': '0.5'}");
}

/** As a launcher whose worker has a session of its own and does not want to stop. */
function hang(): void {
  const worker =
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('worker', process.pid);";
  spawn(process.execPath, ["-e", worker], { detached: true, stdio: "inherit" });
  process.on("SIGTERM", () => {});
  setInterval(() => {}, 1000);
}

function writeModel(directory: string, history: readonly unknown[], missingBytes = 0): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "adapter_config.json"), JSON.stringify({ peft_type: "LORA", r: 2 }));
  writeFileSync(
    join(directory, "adapter_model.safetensors"),
    safetensors().subarray(0, -missingBytes || undefined),
  );
  // As Python does.
  const state = JSON.stringify({ log_history: history }, (_, value) => (Number.isNaN(value) ? "NaN" : value));
  writeFileSync(join(directory, "trainer_state.json"), state.replaceAll('"NaN"', "NaN"));
  writeFileSync(join(directory, "optimizer.pt"), "state");
}

function safetensors(): Buffer {
  const header = Buffer.from(JSON.stringify({ a: { dtype: "BF16", shape: [4, 4], data_offsets: [0, 32] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, weights]);
}

main(process.argv.slice(2));

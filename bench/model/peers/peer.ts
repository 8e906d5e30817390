import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { writeSafetensors } from "../../../src/model/checkpoint/safetensors.ts";
import type { LlamaConfiguration, Parameters } from "../../../src/model/llama/llama.ts";
import { BenchmarkError } from "../../command-line.ts";

const hint =
  "Name a Python that has torch, transformers, accelerate and safetensors: --python VENV/bin/python";

/** A Python program beside this one that holds the same model and answers commands, one line of JSON each. */
export interface Peer extends AsyncDisposable {
  /** The answer is what the program of the peer says it is; it ends this program if it dies instead. */
  ask<Answer>(command: Readonly<Record<string, unknown>>): Promise<Answer>;
}

/** Starts a program of this folder with a model's configuration and weights. */
export async function startPeer(
  python: string,
  program: string,
  model: { readonly configuration: LlamaConfiguration; readonly parameters: Parameters },
  threads: number,
): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), "eef-bench-"));
  const [configuration, weights] = [join(folder, "configuration.json"), join(folder, "weights.safetensors")];
  await writeFile(configuration, JSON.stringify(model.configuration));
  await writeSafetensors(weights, model.parameters);
  const script = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(python, [script, configuration, weights, `${threads}`], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, OMP_NUM_THREADS: `${threads}`, PYTHONDONTWRITEBYTECODE: "1" },
  });
  await once(child, "spawn").catch(async (cause: unknown) => {
    await rm(folder, { recursive: true });
    throw new BenchmarkError(`${python} cannot be started.`, { cause, hint });
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new BenchmarkError(`${program} ended; its own message stands above.`, { hint });
    return JSON.parse(value);
  };
  await answer();
  return {
    async ask(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return await answer();
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
      await rm(folder, { recursive: true });
    },
  };
}

import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigurationError } from "../../errors.ts";
import { readSafetensors, writeSafetensors } from "../../model/checkpoint/safetensors.ts";
import type { Device } from "../../model/graph/graph.ts";
import type { OptimizerState, Parameters, Tensor } from "../../model/llama/llama.ts";

/** From what an interrupted pretraining continues. */
export interface PretrainingState {
  readonly device: Device;
  /** Equal for pretrainings that give the same weights on the same device. */
  readonly identity: Uint8Array;
  readonly parameters: Parameters;
  readonly optimizerState: OptimizerState;
}

/**
 * Replaces the file: one of safetensors with parameters, both moments, and as tensors of numbers the step, whether it is on WebGPU,
 * and the bytes of the identity.
 */
export async function writeState(
  file: string,
  { device, identity, parameters, optimizerState }: PretrainingState,
): Promise<void> {
  const numbers = (values: Iterable<number>): Tensor => {
    const data = Float32Array.from(values);
    return { shape: [data.length], data };
  };
  const tensors = new Map([
    ["step", numbers([optimizerState.step])],
    ["webgpu", numbers([device === "webgpu" ? 1 : 0])],
    ["identity", numbers(identity)],
  ]);
  for (const [prefix, part] of [
    ["parameters", parameters],
    ["first", optimizerState.firstMoments],
    ["second", optimizerState.secondMoments],
  ] as const) {
    for (const [name, tensor] of part) tensors.set(`${prefix}:${name}`, tensor);
  }
  await mkdir(dirname(file), { recursive: true });
  await writeSafetensors(`${file}.partial`, tensors);
  await rename(`${file}.partial`, file);
}

/** Undefined if there is none. */
export async function readState(file: string): Promise<PretrainingState | undefined> {
  if (!existsSync(file)) return undefined;
  const tensors = await readSafetensors(file);
  const part = (prefix: string): Parameters =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(`${prefix}:`))
        .map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]),
    );
  return {
    device: tensors.get("webgpu")?.data[0] === 1 ? "webgpu" : "cpu",
    // Earlier versions wrote none, which is equal to no other.
    identity: Uint8Array.from(tensors.get("identity")?.data ?? []),
    parameters: part("parameters"),
    optimizerState: {
      step: tensors.get("step")?.data[0] ?? 0,
      firstMoments: part("first"),
      secondMoments: part("second"),
    },
  };
}

/** @throws ConfigurationError if the state is that of another pretraining, or was begun on another device. */
export function checkContinuation(
  file: string,
  saved: PretrainingState,
  { device, identity }: Pick<PretrainingState, "device" | "identity">,
): void {
  if (Buffer.compare(saved.identity, identity) !== 0) {
    throw new ConfigurationError(
      `${file} was left by another pretraining, or by an earlier version of eef, so it cannot be continued.`,
      { hint: "Delete the file to begin anew, or give the new checkpoint another place." },
    );
  }
  if (saved.device !== device) {
    throw new ConfigurationError(`${file} was begun on device "${saved.device}", this is "${device}"`, {
      hint: `Continue with --device ${saved.device}, or delete the file to begin anew.`,
    });
  }
}

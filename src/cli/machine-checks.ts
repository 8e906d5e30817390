import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { ScienceWorldError } from "../environment/scienceworld/errors.ts";
import { installedJar, openJar } from "../environment/scienceworld/install/jar-files.ts";
import { findJava, javaCommand, leastJava } from "../environment/scienceworld/java.ts";
import { webGpuState } from "../model/graph/device.ts";
import { shippedBase } from "../trainer/shipped-base.ts";
import { isSupportedNode, leastNode } from "./node-version.ts";

export interface MachineCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What was found; if it is not right, what to do. */
  readonly detail: string;
}

const gibibyte = 2 ** 30;

export async function checkMachine(): Promise<MachineCheck[]> {
  return [
    checkNode(),
    await checkTensorEngine(),
    checkWebGpu(),
    checkBaseCheckpoint(),
    checkWritable(),
    checkDisk(),
    await checkJava(),
    checkSimulator(),
    {
      name: "machine",
      ok: true,
      detail: `${availableParallelism()} CPU cores, ${(totalmem() / gibibyte).toFixed(1)} GiB memory`,
    },
  ];
}

function checkNode(): MachineCheck {
  const ok = isSupportedNode(process.versions.node);
  const detail = ok ? process.version : `${process.version} is too old: install Node ${leastNode} or newer`;
  return { name: "node", ok, detail };
}

async function checkTensorEngine(): Promise<MachineCheck> {
  const name = "tensor engine";
  try {
    const { Tensor } = await import("onnxruntime-node");
    const tensor = new Tensor("float32", new Float32Array([1, 2]), [2]);
    return { name, ok: tensor.size === 2, detail: "onnxruntime-node loads" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      name,
      ok: false,
      detail: `onnxruntime-node does not load (${message.slice(0, 200)}): reinstall it; it has binaries for Linux, macOS and Windows on x64 and arm64`,
    };
  }
}

/**
 * Only device "webgpu" needs it, so its absence is no failure. The engine does not tell the adapter's name; a driver that the
 * environment names is said.
 */
function checkWebGpu(): MachineCheck {
  const state = webGpuState();
  const driver = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  const detail = state.usable
    ? `usable for training (device "webgpu" or "auto")${driver === undefined ? "" : `, Vulkan driver ${driver}`}`
    : `not usable: ${state.reason}; the embedded student trains on the CPU`;
  return { name: "webgpu", ok: true, detail };
}

function checkBaseCheckpoint(): MachineCheck {
  const ok = existsSync(join(shippedBase, "config.json"));
  return {
    name: "base checkpoint",
    ok,
    detail: ok
      ? "the embedded student's base is there"
      : `${shippedBase} is missing: reinstall eef, or run eef pretrain`,
  };
}

function checkWritable(): MachineCheck {
  const name = "current folder";
  try {
    const probe = mkdtempSync(join(process.cwd(), ".eef-doctor-"));
    writeFileSync(join(probe, "probe"), "");
    rmSync(probe, { recursive: true });
    return { name, ok: true, detail: "can be written to" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      name,
      ok: false,
      detail: `cannot be written to (${message}): run eef elsewhere, or name an --output`,
    };
  }
}

function checkDisk(): MachineCheck {
  const { bavail, bsize } = statfsSync(resolve("."));
  const free = (bavail * bsize) / gibibyte;
  const ok = free >= 1;
  const advice = ok ? "" : ": a run takes up to 1 GiB, so make room";
  return { name: "disk", ok, detail: `${free.toFixed(1)} GiB free${advice}` };
}

/** Only ScienceWorld needs Java, so its absence is no failure; nor is one that does not work, where ScienceWorld is not installed. */
async function checkJava(): Promise<MachineCheck> {
  const name = "java";
  const found = await findJava();
  if (found.version === undefined) {
    return found.isMissing
      ? { name, ok: true, detail: `none: install Java ${leastJava} or newer to use ScienceWorld` }
      : {
          name,
          ok: installedJar() === undefined,
          detail: `${javaCommand()} does not work (${found.problem}): ScienceWorld needs Java ${leastJava} or newer`,
        };
  }
  const { version } = found;
  return version >= leastJava
    ? { name, ok: true, detail: `Java ${version}, for ScienceWorld` }
    : { name, ok: false, detail: `Java ${version} is too old: ScienceWorld needs ${leastJava} or newer` };
}

/** Its bytes are hashed: that a file is there does not say that it is whole. */
function checkSimulator(): MachineCheck {
  const name = "scienceworld";
  if (installedJar() === undefined) {
    return { name, ok: true, detail: "not installed: eef scienceworld install fetches its simulator" };
  }
  try {
    const { file, version } = openJar();
    return { name, ok: true, detail: `version ${version?.version} at ${file}` };
  } catch (error) {
    if (!(error instanceof ScienceWorldError)) throw error;
    return { name, ok: false, detail: [error.message, error.hint].filter(Boolean).join(" ") };
  }
}

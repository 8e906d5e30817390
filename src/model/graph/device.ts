import { spawnSync } from "node:child_process";
import { extname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "../../errors.ts";
import type { Device } from "./graph.ts";

/** What may be asked for; "auto" is WebGPU where it is usable, and the CPU elsewhere. */
export const deviceOptions = ["cpu", "webgpu", "auto"] as const;
export type DeviceOption = (typeof deviceOptions)[number];

/** Whether graphs run on WebGPU here; if not, why, in one line. */
export type WebGpuState = { readonly usable: true } | { readonly usable: false; readonly reason: string };

export function isDeviceOption(value: unknown): value is DeviceOption {
  return deviceOptions.some((option) => option === value);
}

/**
 * What trains the embedded student where no configuration says: the CPU, or what the environment variable EEF_DEVICE says.
 * Results differ in the last bits between devices.
 * @throws ConfigurationError if EEF_DEVICE is none of them.
 */
export function defaultDevice(): DeviceOption {
  const text = process.env.EEF_DEVICE ?? "cpu";
  if (isDeviceOption(text)) return text;
  throw new ConfigurationError(`EEF_DEVICE takes ${deviceOptions.join(", ")}, not "${text}".`);
}

let lastToldReason: string | undefined;

/**
 * The device to compute on. Where "auto" falls back to the CPU, a warning of the process says why, once.
 * @throws ConfigurationError for "webgpu" where it is not usable.
 */
export function chooseDevice(option: DeviceOption, webGpu: () => WebGpuState = webGpuState): Device {
  if (option === "cpu") return "cpu";
  const state = webGpu();
  if (state.usable) return "webgpu";
  if (option === "webgpu") {
    throw new ConfigurationError(`device "webgpu" is not usable here: ${state.reason}`, {
      hint: 'It needs a GPU and its driver (on Linux, of Vulkan). device "auto" takes the CPU where there is none.',
    });
  }
  if (state.reason !== lastToldReason) {
    process.emitWarning(`device "auto" takes the CPU, because WebGPU is not usable here: ${state.reason}`);
    lastToldReason = state.reason;
  }
  return "cpu";
}

let known: WebGpuState | undefined;

/** `probeWebGpu`, asked once. */
export function webGpuState(): WebGpuState {
  known ??= probeWebGpu();
  return known;
}

const probe = fileURLToPath(
  new URL(`./webgpu-probe${extname(new URL(import.meta.url).pathname)}`, import.meta.url),
);
const probeMilliseconds = 60_000;

/** Computes something small on WebGPU in a process of its own, because a driver may print, hang or crash. */
export function probeWebGpu(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): WebGpuState {
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, [probe], {
    env: environment,
    encoding: "utf8",
    timeout: probeMilliseconds,
    windowsHide: true,
  });
  if (status === 0) return { usable: true };
  if (error !== undefined) {
    const late = "code" in error && error.code === "ETIMEDOUT";
    const reason = late ? `no answer within ${probeMilliseconds / 1000} s` : oneLine(error.message);
    return { usable: false, reason };
  }
  if (signal !== null) return { usable: false, reason: `the process that tried it was ended by ${signal}` };
  // The driver's own words, if any, say more than the engine's.
  const driver = /^Warning: (.+)$/m.exec(stderr)?.[1];
  const engine = /Failed to get a WebGPU adapter.*/.exec(stdout)?.[0] ?? stdout;
  return { usable: false, reason: oneLine(driver === undefined ? engine : `no adapter (${driver})`) };
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

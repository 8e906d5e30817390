import process from "node:process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ConfigurationError } from "../../errors.ts";
import { chooseDevice, defaultDevice, probeWebGpu, type WebGpuState, webGpuState } from "./device.ts";

const absent = (reason: string) => (): WebGpuState => ({ usable: false, reason });
const present = (): WebGpuState => ({ usable: true });

/** The warnings of this process while `work` is done. */
async function warningsDuring(work: () => void): Promise<string[]> {
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.message);
  process.on("warning", note);
  work();
  await new Promise((done) => setImmediate(done));
  process.off("warning", note);
  return warnings;
}

describe("the device", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is the CPU unless the environment variable EEF_DEVICE names another", () => {
    vi.stubEnv("EEF_DEVICE", undefined);
    expect(defaultDevice()).toBe("cpu");
    vi.stubEnv("EEF_DEVICE", "auto");
    expect(defaultDevice()).toBe("auto");
    vi.stubEnv("EEF_DEVICE", "cuda");
    expect(() => defaultDevice()).toThrow('EEF_DEVICE takes cpu, webgpu, auto, not "cuda".');
  });

  it("is WebGPU where it is usable and asked for", () => {
    expect(chooseDevice("webgpu", present)).toBe("webgpu");
    expect(chooseDevice("auto", present)).toBe("webgpu");
    expect(chooseDevice("cpu", present)).toBe("cpu");
  });

  it("is with auto the CPU elsewhere, which one line says once, with the reason", async () => {
    const warnings = await warningsDuring(() => {
      expect(chooseDevice("auto", absent("no adapter"))).toBe("cpu");
      expect(chooseDevice("auto", absent("no adapter"))).toBe("cpu");
    });
    expect(warnings).toEqual(['device "auto" takes the CPU, because WebGPU is not usable here: no adapter']);
  });

  it("cannot be WebGPU where it is not usable", () => {
    const choose = () => chooseDevice("webgpu", absent("no adapter"));
    expect(choose).toThrow(ConfigurationError);
    expect(choose).toThrow('device "webgpu" is not usable here: no adapter');
  });
});

describe.skipIf(process.platform !== "linux")("WebGPU without a driver", () => {
  it("is not usable, and one line says why", () => {
    const noDriver = { VK_DRIVER_FILES: "/no/driver.json", VK_ICD_FILENAMES: "/no/driver.json" };
    const state = probeWebGpu({ ...process.env, ...noDriver });
    expect(state).toEqual({
      usable: false,
      reason: expect.stringMatching(/^no adapter \([^\n]+\)$/),
    });
  });
});

describe("WebGPU here", () => {
  it("is usable, or one line says why not", () => {
    const state = webGpuState();
    if (!state.usable) expect(state.reason).toMatch(/^[^\n]+$/);
  });
});

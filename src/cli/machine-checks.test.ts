import { expect, it } from "vitest";
import { webGpuState } from "../model/graph/device.ts";
import { checkMachine } from "./machine-checks.ts";

it("eef doctor says whether WebGPU is usable, and why not, without calling that a failure", async () => {
  const state = webGpuState();
  const found = (await checkMachine()).find(({ name }) => name === "webgpu");
  const detail = state.usable
    ? /^usable for training/
    : /^not usable: .+; the embedded student trains on the CPU$/;
  expect(found).toEqual({ name: "webgpu", ok: true, detail: expect.stringMatching(detail) });
});

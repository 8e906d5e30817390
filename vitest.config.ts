import { defineConfig } from "vitest/config";
import { softwareVulkan } from "./test/software-vulkan.ts";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "examples/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    // Two cores: each onnxruntime session wants both, so more workers only slow each other down.
    maxWorkers: 2,
    env: softwareVulkan(),
  },
});

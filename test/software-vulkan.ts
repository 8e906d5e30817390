import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Where .ci/software-vulkan unpacks Chromium's package, and where packages of Chromium and Chrome install it. */
const folders = [
  fileURLToPath(new URL("../node_modules/.cache/software-vulkan/usr/lib/chromium", import.meta.url)),
  "/usr/lib/chromium",
  "/usr/lib/chromium-browser",
  "/usr/lib64/chromium-browser",
  "/opt/google/chrome",
];

/**
 * The environment in which WebGPU computes on SwiftShader, Chromium's Vulkan driver in software, so that its tests run without
 * a GPU. Empty where there is none, and where the environment names a driver already.
 */
export function softwareVulkan(): Record<string, string> {
  if (process.env.VK_DRIVER_FILES !== undefined || process.env.VK_ICD_FILENAMES !== undefined) return {};
  const folder = folders.find((each) => existsSync(join(each, "vk_swiftshader_icd.json")));
  if (folder === undefined) return {};
  const driver = join(folder, "vk_swiftshader_icd.json");
  // The Vulkan loader beside it is looked for when a process starts; others come first.
  const libraries = [process.env.LD_LIBRARY_PATH, folder].filter((path) => path !== undefined && path !== "");
  // Loaders before version 1.3.207 know only the second name.
  return { LD_LIBRARY_PATH: libraries.join(":"), VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver };
}

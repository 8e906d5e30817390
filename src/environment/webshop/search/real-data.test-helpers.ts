import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Recorded runs of the original, beside the project where it is developed; absent elsewhere. */
const directory = fileURLToPath(new URL("../../../../../shared/data/webshop", import.meta.url));

export const hasRealData = existsSync(directory);
export const realDataDirectory = directory;

export function readRealData(name: string): string {
  return readFileSync(`${directory}/${name}`, "utf8");
}

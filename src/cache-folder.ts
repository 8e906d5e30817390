import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import process from "node:process";

/** Where things are kept that can be made again: `eef` in the user's cache folder. Absolute. */
export function cacheFolder(): string {
  const given = process.env.XDG_CACHE_HOME ?? "";
  // The XDG Base Directory Specification: empty is as unset, and a relative path is invalid and to be ignored.
  return join(isAbsolute(given) ? given : join(homedir(), ".cache"), "eef");
}

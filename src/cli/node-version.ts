/** The first version of Node that runs TypeScript files as they are without a flag. */
export const leastNode = "22.18";

/** `version` as in `process.versions.node`. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = leastNode.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

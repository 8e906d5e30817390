import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

/** The oldest Java that the simulator runs on. */
export const leastJava = 8;

/** Milliseconds within which a Java tells its version. */
const longestAnswer = 30_000;

/** The Java to start: that of JAVA_HOME, or the one on the path. */
export function javaCommand(): string {
  const home = process.env.JAVA_HOME ?? "";
  return home === "" ? "java" : join(home, "bin", "java");
}

/** A Java with its major version (8, 17, ...), or why there is none that could be used. */
export type FoundJava =
  | { readonly version: number }
  | { readonly version: undefined; readonly isMissing: boolean; readonly problem: string };

export async function findJava(
  command: string = javaCommand(),
  longest: number = longestAnswer,
): Promise<FoundJava> {
  const unusable = (problem: string, isMissing = false) => ({ version: undefined, isMissing, problem });
  try {
    const { stderr, stdout } = await promisify(execFile)(command, ["-version"], {
      timeout: longest,
      killSignal: "SIGKILL",
    });
    const version = parseJavaVersion(`${stderr}${stdout}`);
    return version === undefined ? unusable("it tells no version") : { version };
  } catch (error) {
    if (!(error instanceof Error)) return unusable(String(error));
    if ("code" in error && error.code === "ENOENT") return unusable("there is none", true);
    if ("killed" in error && error.killed === true) {
      return unusable(`it gave no answer within ${longest / 1000} seconds`);
    }
    const said = "stderr" in error ? String(error.stderr).trim().slice(0, 200) : "";
    const how = "code" in error ? `it ended with code ${String(error.code)}` : error.message;
    return unusable(said === "" ? how : `${how}: ${said}`);
  }
}

/** Up to version 8, 8 was called 1.8. */
export function parseJavaVersion(text: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  if (first === undefined) return undefined;
  return first === "1" && second !== undefined ? Number(second) : Number(first);
}

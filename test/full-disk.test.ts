import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { runContents } from "./run-contents.ts";

const root = mkdtempSync(join(tmpdir(), "eef-full-disk-"));
afterAll(() => rmSync(root, { recursive: true }));
const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Runs the toy configuration in a folder of this name, after a line of shell. */
function run(name: string, before = ":") {
  const main = pathOf("../src/cli/main.ts");
  const command = [main, "run", pathOf("./toy/eef.config.ts"), "--data", join(root, name)];
  const parameters = ["-c", `${before}; exec "$@"`, "sh", process.execPath, ...command];
  const { status, stderr } = spawnSync("sh", parameters, { encoding: "utf8" });
  return { status, stderr };
}

// No file may grow beyond this: what can be had without a disk of one's own, and to the database the same.
test.skipIf(process.platform === "win32").each([300, 2000])(
  "a run that has no room for its database (%s blocks) says so, and goes on when there is room",
  (blocks) => {
    const { status, stderr } = run(`${blocks}`, `ulimit -f ${blocks}`);
    expect(stderr).toMatch(
      /\nError: .*run\.sqlite cannot be written: the disk .*\nMake room on its disk.*\n$/,
    );
    expect(status).toBe(1);
    expect(run(`${blocks}`).status).toBe(0);
    expect(run("unbroken").status).toBe(0);
    const [resumed, unbroken] = [`${blocks}`, "unbroken"].map((name) =>
      JSON.stringify(runContents(join(root, name, "runs", "toy"))).replaceAll(join(root, name), ""),
    );
    expect(resumed).toBe(unbroken);
  },
);

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "eef-config-mistakes-"));
afterAll(() => rmSync(folder, { recursive: true }));
const eef = fileURLToPath(new URL("./main.ts", import.meta.url));

/** Runs a configuration with Node's own loader, whose words the command line passes on. */
function runConfig(name: string) {
  const { status, stderr } = spawnSync(process.execPath, [eef, "run", name], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stderr };
}

test.each([
  [
    "comma.ts",
    "export default {\n  a: 1\n  b: 2,\n};\n",
    /comma\.ts cannot be loaded: .*\n {2}.*comma\.ts:3\n/,
  ],
  ["name.ts", 'import { nope } from "node:fs";\nexport default nope;\n', /named 'nope'\n {2}.*name\.ts:1\n/],
  ["package.ts", 'import x from "eeff";\nexport default x;\n', /package\.ts cannot be loaded: .*'eeff'/],
  ["README.md", "# Read me\n", /README\.md cannot be loaded: .*\.md/],
])("%s is a mistake of its writer, told with its place", (name, text, message) => {
  writeFileSync(join(folder, name), text);
  const { status, stderr } = runConfig(name);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/defect|\n {4}at /);
  expect(status).toBe(1);
});

test("a folder is no configuration", () => {
  expect(runConfig(".")).toMatchObject({ status: 1, stderr: expect.stringContaining("is a folder") });
});

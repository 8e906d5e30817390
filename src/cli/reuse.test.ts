import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { commandFixture } from "./command-line.test-helpers.ts";
import { runCommandLine } from "./command-line.ts";

const fixture = commandFixture();
const toy = fileURLToPath(new URL("../../test/toy/eef.config.ts", import.meta.url));

test("--reuse takes the experts' episodes of another run over into a new one", async () => {
  let told = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    told += String(text);
    return true;
  });
  const run = join(fixture.folder, "runs", "toy");
  expect(await runCommandLine(["expert", toy, "--data", fixture.folder])).toBe(0);
  expect(told).not.toContain("are those of");
  const reuse = (name: string, from: string) =>
    runCommandLine(["expert", toy, "--data", fixture.folder, "--name", name, "--reuse", from]);
  expect(await reuse("new", run)).toBe(0);
  expect(told).toContain(`expert porter, training tasks: 24 of 24 episodes are those of ${run}`);
  expect(await reuse("third", fixture.folder)).toBe(1);
  expect(fixture.errors.join("\n")).toContain("is not a run directory");
});

import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { commandFixture } from "./command-line.test-helpers.ts";
import { runCommandLine } from "./command-line.ts";

const fixture = commandFixture();
const toyConfig = fileURLToPath(new URL("../../test/toy/eef.config.ts", import.meta.url));

async function run(command: string, ...options: string[]): Promise<number> {
  return await runCommandLine([command, toyConfig, "--data", fixture.folder, ...options]);
}

describe.each(["explore", "select", "train", "evaluate"])("eef %s", (command) => {
  it.each([
    ["SFT", "5", "SFT has no iteration 5: it ends with iteration 0."],
    ["EEF", "9", "EEF has no iteration 9: it ends with iteration 2."],
    ["RFT x3", "3", "RFT x3 has no iteration 3: it ends with iteration 2."],
  ])("refuses %s's iteration %s before any work", async (method, iteration, message) => {
    expect(await run(command, "--method", method, "--iteration", iteration)).toBe(1);
    expect(fixture.errors.join()).toContain(message);
    expect(readdirSync(fixture.folder)).toEqual([]);
  });

  it.each(["-1", "1.5", "abc", "1e400"])("refuses %j for a number of an iteration", async (text) => {
    expect(await run(command, "--method", "EEF", "--iteration", text)).toBe(1);
    expect(fixture.errors.join()).toContain(`--iteration takes an integer of at least 0, not "${text}".`);
    expect(readdirSync(fixture.folder)).toEqual([]);
  });
});

describe("eef train", () => {
  it("refuses an iteration that the method does not have in a dry run too", async () => {
    expect(await run("train", "--method", "SFT", "--iteration", "1", "--dry-run")).toBe(1);
    expect(fixture.errors.join()).toContain("SFT has no iteration 1");
  });

  it("goes to the end of a method that has no iteration 1, unless an iteration is named", async () => {
    expect(await run("train", "--method", "SFT")).toBe(0);
    expect(fixture.printed.join()).toContain("Stored in");
  });

  it("says where a method ended that could not tell before", async () => {
    const file = join(fixture.folder, "eef.config.ts");
    const toy = pathToFileURL(fileURLToPath(new URL("../../test/toy/config.ts", import.meta.url))).href;
    const methods = new URL("../methods/rft.ts", import.meta.url).href;
    writeFileSync(
      file,
      `import { toyConfig } from "${toy}";
       import { rft } from "${methods}";
       const { lastIteration, ...method } = rft({ iterations: 1 });
       export default ({ data }) => toyConfig(data, { methods: [method] });`,
    );
    const command = ["train", file, "--data", fixture.folder, "--method", "RFT", "--iteration"];
    expect(await runCommandLine([...command, "2"])).toBe(1);
    expect(fixture.errors.join()).toContain("RFT has no iteration 2: it ends with iteration 1.");
    expect(existsSync(join(fixture.folder, "runs", "toy"))).toBe(true);
    expect(await runCommandLine([...command, "1"])).toBe(0);
  });
});

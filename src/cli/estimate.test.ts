import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { commandFixture } from "./command-line.test-helpers.ts";
import { runCommandLine } from "./command-line.ts";

const fixture = commandFixture();
const toyConfig = fileURLToPath(new URL("../../test/toy/eef.config.ts", import.meta.url));

describe("eef estimate", () => {
  it("prints the work of each method, and every assumption", async () => {
    expect(await runCommandLine(["estimate", toyConfig, "--data", fixture.folder])).toBe(0);
    const [text = ""] = fixture.printed;
    expect(text).toMatch(/^toy: 24 training tasks, 12 to evaluate on\./);
    expect(text).toMatch(/^RFT x3 +\d/m);
    expect(text).toMatch(/^student-win-rate +0\.5 +share +mean over tasks; between SFT/m);
  });

  it("takes assumptions, and says them in JSON too", async () => {
    const given = "student-win-rate=0,gpus=2";
    await runCommandLine(["estimate", toyConfig, "--data", fixture.folder, "--assume", given, "--json"]);
    const estimate: unknown = JSON.parse(fixture.printed[0] ?? "");
    expect(estimate).toMatchObject({
      trainTasks: 24,
      assumptions: { "student-win-rate": { value: 0, source: "given" }, gpus: { value: 2 } },
    });
  });

  it.each([
    ["gpus=0", "a whole number of at least 1"],
    ["gpus=1.5", "a whole number of at least 1"],
    ["gpus=8=9", "a whole number of at least 1"],
    ["characters-per-token=0", "a number above 0"],
    ["characters-per-token=Infinity", "a number above 0"],
    ["student-win-rate=1.5", "a number from 0 to 1"],
    ["training-utilisation=0", "a number above 0 and at most 1"],
    ["gpu-price=-1", "a number of at least 0"],
    ["prefix-cache=7", "1 or 0"],
    ["prefix-cache=", "1 or 0"],
  ])("refuses %s, which takes %s", async (given, expected) => {
    const command = ["estimate", toyConfig, "--data", fixture.folder, "--assume", given];
    expect(await runCommandLine(command)).toBe(1);
    const [name, ...value] = given.split("=");
    expect(fixture.errors.join()).toContain(
      `The assumption ${name} takes ${expected}, not "${value.join("=")}".`,
    );
  });

  it("refuses an assumption that is given twice", async () => {
    const command = ["estimate", toyConfig, "--data", fixture.folder, "--assume", "gpus=8,gpus=2"];
    expect(await runCommandLine(command)).toBe(1);
    expect(fixture.errors.join()).toContain("The assumption gpus is given twice, as 8 and 2.");
    const twoLists = ["--assume", "gpus=8", "--assume=gpu-price=2"];
    expect(await runCommandLine(["estimate", toyConfig, "--data", fixture.folder, ...twoLists])).toBe(1);
    expect(fixture.errors.join()).toContain("--assume is given twice.");
  });

  it("refuses an assumption that it does not have", async () => {
    expect(await runCommandLine(["estimate", toyConfig, "--data", fixture.folder, "--assume", "gpu=2"])).toBe(
      1,
    );
    expect(fixture.errors.join()).toMatch(/no assumption "gpu".*Did you mean gpus/s);
  });
});

describe("eef run --dry-run", () => {
  it("says that a trainer in this process has no command", async () => {
    expect(await runCommandLine(["run", toyConfig, "--data", fixture.folder, "--dry-run"])).toBe(1);
    expect(fixture.errors.join()).toContain("runs in this process");
  });
});

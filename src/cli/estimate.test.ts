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
    expect(text).toMatch(/^student-win-rate +0\.5 +share +between SFT/m);
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

  it.each(["gpus=0", "characters-per-token=0", "student-win-rate=1.5", "gpus=8=9"])(
    "refuses %s, which would give hours that are no number, or mean nothing",
    async (given) => {
      const command = ["estimate", toyConfig, "--data", fixture.folder, "--assume", given];
      expect(await runCommandLine(command)).toBe(1);
      expect(fixture.errors.join()).toMatch(/The assumption \S+ takes a number/);
    },
  );

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

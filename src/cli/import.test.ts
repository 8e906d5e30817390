import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { commandFixture } from "./command-line.test-helpers.ts";
import { runCommandLine } from "./command-line.ts";

const data = fileURLToPath(new URL("../../../shared/data", import.meta.url));
const recorded = join(data, "trajectories/webshop-react/react_500.jsonl");

const fixture = commandFixture();

describe.skipIf(!existsSync(recorded))(
  "eef import and eef summary (skipped where the data is absent)",
  () => {
    it("bring the recorded LLM episodes into our form and tell what they hold", async () => {
      const out = join(fixture.folder, "trajectories.jsonl");
      expect(await runCommandLine(["import", recorded, "--format", "webshop-react", "--out", out])).toBe(0);
      expect(await runCommandLine(["summary", out, "--json"])).toBe(0);
      expect(JSON.parse(fixture.printed.at(-1) ?? "")).toMatchObject({
        trajectories: 500,
        wins: 179,
        invalidActions: 310,
      });
      expect(await runCommandLine(["summary", recorded])).toBe(0);
      expect(fixture.printed.at(-1)).toMatch(/wins +179 \(35\.8%\)/);
    });

    it("say how many goals could not be restored", async () => {
      const out = join(fixture.folder, "restored.jsonl");
      await writeFile(out, "old");
      expect(await runCommandLine(["import", recorded, "--goals", join(data, "webshop"), "--out", out])).toBe(
        1,
      );
      expect(fixture.errors.at(-1)).toMatch(/nothing to write: no episode has a goal/);
      expect(await readFile(out, "utf8")).toBe("old");
      expect(fixture.printed[0]).toMatch(
        /^0 of 500 episodes have a goal of this environment .* 500 have a goal that is not there/,
      );
    });
  },
);

describe("eef import", () => {
  it("names file, line and field of what is wrong, and writes nothing", async () => {
    const file = join(fixture.folder, "bad.jsonl");
    const out = join(fixture.folder, "out.jsonl");
    await writeFile(file, '{"taskId": 5, "initialObservation": ""}\n');
    expect(await runCommandLine(["import", file, "--out", out])).toBe(1);
    expect(fixture.errors[0]).toMatch(/bad\.jsonl: line 1, \w+: /);
    expect(existsSync(out)).toBe(false);
  });

  it("wants to know where to write", async () => {
    expect(await runCommandLine(["import", "some.jsonl"])).toBe(1);
    expect(fixture.errors[0]).toMatch(/out/);
  });
});

describe("eef summary", () => {
  it("wants at least one file", async () => {
    expect(await runCommandLine(["summary"])).toBe(1);
    expect(fixture.errors[0]).toMatch(/FILES/);
  });
});

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "citty";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { writeCatalogue } from "../environment/webshop/generator/index.ts";
import { EefError } from "../errors.ts";
import { webshopCommand } from "./webshop.ts";

const recorded = fileURLToPath(new URL("../../../shared/data/webshop/", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "eef-webshop-cli-"));
await writeCatalogue({ products: 80, seed: 1 }, directory);
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** What the command prints. */
async function run(...rawArgs: string[]): Promise<string> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await runCommand(webshopCommand, { rawArgs });
  return log.mock.calls.flat().join("\n");
}

describe("eef webshop splits", () => {
  const synthetic = [
    "splits",
    "--data",
    directory,
    "--goals",
    "synthetic",
    "--test",
    "10",
    "--validation",
    "5",
  ];

  it("counts goals and finds what splits by index share", async () => {
    const printed = JSON.parse(await run(...synthetic, "--json"));
    expect(printed).toMatchObject({ products: 80, goals: { test: 10, validation: 5 } });
    expect(printed.overlaps).toHaveLength(3);
  });

  it("finds nothing shared by splits by product", async () => {
    const printed = await run(...synthetic, "--by", "product", "--train", "20", "--goals-per-product", "1");
    expect(printed).toContain("80 products; goals: 20 train, 5 validation, 10 test");
    expect(printed).toContain("No product and no wording is in two splits.");
  });

  it.each([
    [["--goals", "animal"], /--goals: expected human or synthetic, got "animal"/],
    [["--test", "-1"], /--test: expected a whole number/],
    [["--by", "luck"], /--by: expected index or product/],
  ])("refuses %j", async (options, message) => {
    await expect(run("splits", "--data", directory, ...options)).rejects.toThrow(message);
  });
});

describe("eef webshop replay", () => {
  it("refuses a file that holds no episodes", async () => {
    const file = join(directory, "episodes.json");
    writeFileSync(file, '[{ "name": "x" }]');
    await expect(run("replay", "--data", directory, file)).rejects.toThrow(/episodes\.json: 0\.session/);
    writeFileSync(file, "[");
    await expect(run("replay", "--data", directory, file)).rejects.toThrow(/cannot be read as JSON/);
  });

  describe.skipIf(!existsSync(recorded))("of recorded episodes (needs ../shared/data/webshop)", () => {
    const file = join(recorded, "episodes_human13.json");

    it("prints a line for each file that matches", async () => {
      const printed = await run("replay", "--data", recorded, file);
      expect(printed.split("\n")).toHaveLength(1);
      expect(printed).toContain(
        "19 episodes, 107 steps and their first pages: text 126/126, text_rich 126/126",
      );
    });

    it("fails on another catalogue, and shows where it first differs", async () => {
      const log = vi.spyOn(console, "log").mockImplementation(() => {});
      const running = runCommand(webshopCommand, { rawArgs: ["replay", "--data", directory, file] });
      await expect(running).rejects.toThrow(EefError);
      expect(log.mock.calls.flat().join("\n")).toMatch(
        /first difference of text: episode 0 .*, after step 1, search/,
      );
    });
  });
});

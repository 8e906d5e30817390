import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { InvalidFileError } from "../errors.ts";
import { isWin, trajectorySchema } from "../trajectory.ts";
import type { ImportedTrajectory } from "./format.ts";
import { readTrajectories } from "./formats.ts";

const folder = fileURLToPath(new URL("../../../shared/data/trajectories/webshop-human", import.meta.url));

async function readSession(file: string): Promise<ImportedTrajectory[]> {
  const all: ImportedTrajectory[] = [];
  for await (const imported of readTrajectories(file)) all.push(imported);
  return all;
}

const base = "http://127.0.0.1:3000";
const goal = { instruction_text: "a lamp" };
const index = { page: "index", url: `${base}/s1`, goal };
const results = (page: number, words = ["red", "lamp"]) => ({
  page: "search_results",
  url: `${base}/search_results/s1/${words.join("+")}/${page}`,
  goal,
  content: { keywords: words, search_result_asins: ["B01"], page },
});
const item = (options: Record<string, string> = {}, asin = "B01") => ({
  page: "item_page",
  url: `${base}/item_page/s1/${asin}/red+lamp/1/${JSON.stringify(options)}`,
  goal,
  content: { keywords: "['red', 'lamp']", page: "1", asin, options },
});
const features = {
  page: "item_sub_page",
  url: `${base}/item_sub_page/s1/B01/red+lamp/1/Features/{}`,
  goal,
  content: { keywords: "", page: "1", asin: "B01", options: {} },
};
const done = {
  page: "done",
  url: `${base}/done/s1/B01/{}`,
  goal,
  content: { asin: "B01", options: {}, price: 1 },
  reward: 0.5,
};

async function session(...pages: readonly unknown[]): Promise<ImportedTrajectory[]> {
  const temporary = await mkdtemp(join(tmpdir(), "eef-human-"));
  try {
    const file = join(temporary, "s1.jsonl");
    await writeFile(file, pages.map((page) => JSON.stringify(page)).join("\n"));
    return await readSession(file);
  } finally {
    await rm(temporary, { recursive: true });
  }
}

const actionsOf = ([imported]: readonly ImportedTrajectory[]) =>
  imported?.trajectory.steps.map(({ action, valid }) => (valid ? action : `${action} (invalid)`));

describe("a person's session", () => {
  it("becomes the buttons that lead from each page to the next", async () => {
    const imported = await session(
      index,
      index,
      results(1),
      results(2),
      results(1),
      item(),
      features,
      item(),
      item({ color: "red" }),
      item({ color: "red", size: "8" }),
      done,
    );
    expect(actionsOf(imported)).toEqual([
      "search[red lamp]",
      "click[Next >]",
      "click[< Prev]",
      "click[B01]",
      "click[Features]",
      "click[< Prev]",
      "click[red]",
      "click[8]",
      "click[Buy Now]",
    ]);
    expect(imported[0]).toMatchObject({
      goal: { instruction: "a lamp" },
      trajectory: { reward: 0.5, stopReason: "done" },
    });
  });

  it("goes back through the shop's own buttons", async () => {
    expect(
      actionsOf(await session(index, results(1), item(), results(1), index, results(1, ["sofa"]))),
    ).toEqual(["search[red lamp]", "click[B01]", "click[< Prev]", "click[Back to Search]", "search[sofa]"]);
  });

  it("marks jumps that no button makes as invalid", async () => {
    expect(actionsOf(await session(index, results(1), item(), item({}, "B02"), features))).toEqual([
      "search[red lamp]",
      "click[B01]",
      "open[item_page] (invalid)",
      "click[Features]",
    ]);
    expect(actionsOf(await session(index, item()))).toEqual(["open[item_page] (invalid)"]);
  });

  it("without a purchase was given up", async () => {
    const [imported] = await session(index, results(1));
    expect(imported?.trajectory).toMatchObject({ reward: 0, stopReason: "gave-up" });
  });

  it("that goes on after the purchase is refused", async () => {
    await expect(session(index, results(1), item(), done, index)).rejects.toThrow(InvalidFileError);
  });
});

describe.skipIf(!existsSync(folder))("the recorded human sessions (skipped where the data is absent)", () => {
  it("are nine purchases, each action of which is a button of the shop", async () => {
    const sessions: ImportedTrajectory[] = [];
    for (const name of readdirSync(folder)) sessions.push(...(await readSession(join(folder, name))));
    const trajectories = sessions.map(({ trajectory }) => trajectorySchema.parse(trajectory));
    expect(trajectories).toHaveLength(9);
    expect(trajectories.filter(isWin)).toHaveLength(2);
    expect(trajectories.every(({ stopReason }) => stopReason === "done")).toBe(true);
    expect(trajectories.flatMap(({ steps }) => steps).every(({ valid }) => valid)).toBe(true);
  });
});

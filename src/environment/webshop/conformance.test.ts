import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadCatalogue } from "./files.ts";
import { humanGoals, syntheticGoals } from "./goals.ts";
import { parseRecordedEpisodes, replayEpisodes } from "./replay.ts";
import { openShop } from "./shop.ts";

// Product text is third-party, so the recordings lie outside the project.
const data = fileURLToPath(new URL("../../../../shared/data/webshop/", import.meta.url));

describe.skipIf(!existsSync(data))(
  "against episodes recorded with the original (needs ../shared/data/webshop)",
  () => {
    const catalogue = loadCatalogue(data);
    const shop = openShop(catalogue);
    const read = (file: string) =>
      parseRecordedEpisodes(JSON.parse(readFileSync(`${data}${file}`, "utf8")), file);
    const files = [
      { file: "episodes_human13.json", goals: humanGoals(catalogue), goalCount: 13 },
      { file: "episodes_synthetic60.json", goals: syntheticGoals(catalogue), goalCount: 6910 },
    ];

    it.each(files)("every step of $file is equal in every field", ({ file }) => {
      const report = replayEpisodes(shop, read(file));
      for (const [field, { matches, total, firstDifference }] of Object.entries(report.fields)) {
        expect({ field, matches, firstDifference }).toEqual({
          field,
          matches: total,
          firstDifference: undefined,
        });
        expect(total).toBeGreaterThan(0);
      }
      expect(report.faithful).toBe(true);
    });

    it.each(files)("$file has our goals, in our order, price limits apart", ({ file, goals, goalCount }) => {
      expect(goals).toHaveLength(goalCount);
      const withoutLimit = (text: string) => text.replace(/, and price lower than [\d.]+ dollars$/, "");
      for (const { session, goal } of read(file)) {
        const ours = goals[Number(session)];
        expect(ours).toEqual({
          ...goal,
          instruction: ours?.instruction,
          priceUpper: ours?.priceUpper,
          weight: expect.closeTo(goal.weight, 12),
        });
        expect(withoutLimit(ours?.instruction ?? "")).toBe(withoutLimit(goal.instruction));
      }
    });

    it("a replay on other data says where it first differs", () => {
      const [episode] = read("episodes_human13.json");
      if (episode === undefined) throw new Error("no episodes");
      const [first, ...rest] = episode.steps;
      if (first === undefined) throw new Error("no steps");
      const changed = {
        ...episode,
        steps: [{ ...first, text: first.text.replace("Page 1", "Page 2"), done: true }, ...rest],
      };
      const { fields, faithful } = replayEpisodes(shop, [changed]);
      expect(faithful).toBe(false);
      expect(fields.text).toMatchObject({
        matches: fields.text.total - 1,
        firstDifference: { step: 1, action: first.action },
      });
      expect(fields.done.firstDifference).toMatchObject({ expected: true, received: false });
      expect(fields.url.firstDifference).toBeUndefined();
    });
  },
);

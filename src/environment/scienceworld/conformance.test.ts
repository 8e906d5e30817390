import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseRecordedEpisodes, replayEpisodes } from "./replay.ts";
import { simulatorPool } from "./simulator-pool.ts";
import { needsSimulator, requireTestJar, testJar } from "./test-simulator.test-helpers.ts";

// Recorded with version 1.3.0; the texts are the simulator's, so the file lies outside the project.
const file = fileURLToPath(
  new URL("../../../../shared/data/scienceworld/gold-train.jsonl.gz", import.meta.url),
);

describe.skipIf(!existsSync(file) || testJar === undefined)(
  `against recorded gold episodes (needs ../shared/data/scienceworld; ${needsSimulator})`,
  () => {
    it("a sample is played as it was recorded, as far as versions agree", async () => {
      const jar = requireTestJar();
      const { observations, scores } = jar.version?.conformance ?? { observations: 1, scores: 1 };
      const episodes = parseRecordedEpisodes(gunzipSync(readFileSync(file)).toString(), file);
      expect(episodes).toHaveLength(1233);
      await using pool = simulatorPool(2, { jar });
      const sample = episodes.filter((_, index) => index % 250 === 0);
      const { fields } = await replayEpisodes(pool, sample);
      expect(fields.openings.matches).toBe(sample.length);
      expect(fields.observations.matches).toBeGreaterThanOrEqual(observations * fields.observations.total);
      expect(fields.scores.matches).toBeGreaterThanOrEqual(scores * fields.scores.total);
    }, 180_000);
  },
);

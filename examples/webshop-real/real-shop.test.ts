import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { initialState } from "../../src/environment/webshop/index.ts";
import {
  ConfigurationError,
  eef,
  embeddedTrainer,
  findOverlaps,
  type Goal,
  localExecutor,
  resolveConfig,
  runPipeline,
  type Trajectory,
} from "../../src/index.ts";
import { saveCheckpoint } from "../../src/model/checkpoint/checkpoint.ts";
import { initialParameters } from "../../src/model/llama/llama.ts";
import { createTokenizer } from "../../src/model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../../src/model/tokenizer/train.ts";
import { realRun } from "./configuration.ts";
import { type RealShop, realShop } from "./real-shop.ts";

const data = fileURLToPath(new URL("../../../shared/data/webshop", import.meta.url));

it("a run on real products without --data is refused, and told what it needs", () => {
  expect(() => realRun({ data: undefined })).toThrow(ConfigurationError);
  expect(() => realRun({ data: undefined })).toThrow(/--data/);
});

describe.skipIf(!existsSync(data))("the 1,000 real products (skipped where the data is absent)", () => {
  let shop: RealShop;
  beforeAll(() => {
    shop = realShop({ data, seed: 1, sizes: { train: 12, validation: 0, test: 12 } });
  }, 300_000);

  /** All options of a product count as chosen, so this errs on the side of too many winners. */
  const wins = ({ environment }: RealShop, asin: string, goal: Goal): boolean => {
    const view = environment.shop.view(asin);
    const options = view.product.options.flatMap(({ name, values }) =>
      values.map((value) => [name, value] as const),
    );
    return environment.shop.reward(view, { ...initialState({ id: "", goal }), options }).reward >= 1;
  };

  it("have goals of three splits that share no product, no wording, and no product that wins", () => {
    const { goals, environment } = shop;
    expect([goals.train.length, goals.validation.length, goals.test.length]).toEqual([12, 0, 12]);
    for (const overlap of findOverlaps(goals))
      expect(overlap).toMatchObject({ sameProduct: 0, sameWords: 0 });

    // Every product of the catalogue, bought for some goals of both splits.
    const winners = (split: readonly Goal[]) =>
      environment.shop.catalogue.asins.filter((asin) =>
        split.slice(0, 4).some((goal) => wins(shop, asin, goal)),
      );
    const train = winners(goals.train);
    const test = winners(goals.test);
    expect(train.length).toBeGreaterThanOrEqual(4);
    expect(test.length).toBeGreaterThanOrEqual(4);
    expect(train.filter((asin) => test.includes(asin))).toEqual([]);
  });

  it("have goals that can be won", () => {
    for (const goal of [...shop.goals.train, ...shop.goals.test]) {
      expect(wins(shop, goal.asin, goal)).toBe(true);
    }
  });

  it("are shopped by the expert with wins and with failures that open products", async () => {
    const { environment, experts } = resolveConfig(
      realRun({ data, sizes: { train: 30, validation: 0, test: 0 } }),
    );
    const [expert] = experts;
    if (expert === undefined || !("policy" in expert)) throw new Error("the expert does not act");
    const requests = environment.tasks("train").map((task, index) => ({
      id: task.id,
      kind: "expert" as const,
      task,
      seed: index,
      temperature: 1,
      maximumSteps: 10,
    }));
    const episodes: Trajectory[] = [];
    for await (const episode of localExecutor().run(requests, { environment, policy: expert.policy })) {
      episodes.push(episode);
    }
    const won = episodes.filter(({ reward }) => reward === 1).length;
    expect(won).toBeGreaterThan(0.2 * episodes.length);
    expect(won).toBeLessThan(0.6 * episodes.length);
    for (const { steps } of episodes.filter(({ reward }) => reward < 1)) {
      expect(steps.some(({ observation }) => observation.includes("Price: "))).toBe(true);
    }
  });

  describe("a small run", () => {
    let folder = "";
    afterAll(() => rm(folder, { recursive: true }));

    it("goes from the expert to results, and a second call finds everything done", async () => {
      folder = await mkdtemp(join(tmpdir(), "eef-real-"));
      const tokenizer = createTokenizer(trainTokenizer([], { vocabularySize: 400 }));
      const configuration = {
        vocabularySize: tokenizer.vocabularySize,
        hiddenSize: 16,
        layers: 1,
        heads: 1,
        keyValueHeads: 1,
        headSize: 16,
        intermediateSize: 16,
        maximumPositions: 2560,
        ropeTheta: 10_000,
        rmsNormEpsilon: 1e-5,
        tiedEmbeddings: true,
      };
      const base = join(folder, "base");
      await saveCheckpoint(base, {
        configuration,
        tokenizer,
        parameters: initialParameters(configuration, 1),
      });
      const config = resolveConfig({
        ...realRun({ data, sizes: { train: 3, validation: 0, test: 1 } }),
        output: join(folder, "runs"),
        trainer: embeddedTrainer({ base, epochs: 1, policy: { maximumNewTokens: 3 } }),
        methods: [eef({ iterations: 1, simulatedStates: 2 })],
      });
      const results = await runPipeline(config);
      expect(results.evaluations.map(({ method, iteration }) => [method, iteration])).toEqual([
        ["EEF", 0],
        ["EEF", 1],
      ]);
      expect(await runPipeline(config)).toEqual(results);
    });
  });
});

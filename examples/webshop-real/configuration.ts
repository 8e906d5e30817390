import {
  ConfigurationError,
  createScriptedExpert,
  type EefConfig,
  eef,
  embeddedTrainer,
  rft,
  type Split,
  sft,
  shippedBase,
} from "../../src/index.ts";
import { realShop } from "./real-shop.ts";

export interface RealRunOptions {
  /** Folder with the benchmark's files. */
  readonly data: string | undefined;
  readonly seed?: number | undefined;
  /** Directory of the checkpoint to start from; the shipped one if absent. */
  readonly base?: string;
  readonly sizes?: Readonly<Record<Split, number>>;
  /** Rounds of exploration and fine-tuning. */
  readonly iterations?: number;
}

/**
 * The job of `examples/webshop` on real products. Their pages are long: a results page takes 650 to 1,220 tokens, and
 * the student has 4,096 positions, so an episode sees about three of them. That is why goals and iterations are few.
 */
export function realRun(options: RealRunOptions): EefConfig {
  const { data, seed = 1, base = shippedBase, iterations = 1 } = options;
  if (data === undefined) {
    throw new ConfigurationError("This configuration needs --data, the folder with WebShop's files.", {
      hint: "It must hold items_shuffle*.json and items_ins_v2*.json, as WebShop's download script fetches them.",
    });
  }
  const { environment } = realShop({
    data,
    seed,
    sizes: options.sizes ?? { train: 40, validation: 0, test: 60 },
  });
  return {
    name: "webshop-real",
    seed,
    environment,
    // Real titles do not name all that a product is, so the shopper asks for a third of the words only; and as its
    // mistakes grow with the characters that it has read, they grow more slowly here, where pages are long. It wins 39%.
    experts: [
      { policy: createScriptedExpert({ titleShare: 0.3, wordsRead: 5, ratePerThousandCharacters: 0.05 }) },
    ],
    // 95% of the expert's messages on a results page have at most 529 tokens (token-lengths.ts).
    trainer: embeddedTrainer({
      base,
      epochs: 6,
      batchTokens: 1024,
      learningRate: 1e-3,
      policy: { maximumNewTokens: 540 },
    }),
    methods: [sft(), rft({ iterations }), rft({ rollouts: 6, iterations }), eef({ iterations })],
    rollout: { maximumSteps: 10, concurrency: 32 },
  };
}

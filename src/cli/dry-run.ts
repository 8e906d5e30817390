import { ConfigurationError, EefError } from "../errors.ts";
import type { RunConfig } from "../run/config.ts";
import { runPipeline, type StopAfter } from "../run/pipeline.ts";
import type { PreparedTraining, Trainer } from "../trainer/trainer.ts";

export const dryRunArgument = {
  "dry-run": {
    type: "boolean",
    description:
      "Write the next fine-tuning's dataset and configuration and print its command; start nothing",
  },
} as const;

/**
 * Goes as far as a run can without playing an episode or training, and prints what the next fine-tuning would start. All that it
 * writes is what the run itself would write there.
 *
 * @throws EefError if episodes are missing before that.
 */
export async function dryRun(config: RunConfig, stopAfter?: StopAfter): Promise<void> {
  try {
    await runPipeline(withoutDeeds(config), stopAfter === undefined ? {} : { stopAfter });
  } catch (error) {
    if (!(error instanceof TrainingReached)) throw error;
    print(error.prepared);
    return;
  }
  console.log("Nothing is left to train: every fine-tuning up to there is done.");
}

function print({ summary, files, command }: PreparedTraining): void {
  console.log(`The next fine-tuning has ${summary}.\n`);
  for (const file of files) console.log(file);
  console.log(`\n${command}`);
}

/** Ends the pipeline at the first fine-tuning that is not done. Never seen outside this file. */
class TrainingReached extends Error {
  override readonly name = "TrainingReached";
  readonly prepared: PreparedTraining;

  constructor(prepared: PreparedTraining) {
    super("prepared");
    this.prepared = prepared;
  }
}

/** The configuration with a trainer that only prepares, and nobody who plays. */
function withoutDeeds(config: RunConfig): RunConfig {
  const { trainer } = config;
  if (trainer.prepare === undefined) {
    throw new ConfigurationError(
      `The trainer ${trainer.name} runs in this process: there is no command to show.`,
      {
        hint: "--dry-run is for trainers that are programs of their own; docs/trainers.md lists them.",
      },
    );
  }
  const prepares: Trainer = {
    ...trainer,
    train: async (request) => {
      const prepared = await trainer.prepare?.(request);
      if (prepared === undefined) throw new Error(`${trainer.name} prepared nothing`);
      throw new TrainingReached(prepared);
    },
    open: async () => {
      throw missingEpisodes();
    },
  };
  return {
    ...config,
    trainer: prepares,
    executor: {
      // biome-ignore lint/correctness/useYield: it refuses to play.
      async *run() {
        throw missingEpisodes();
      },
    },
  };
}

function missingEpisodes(): EefError {
  return new EefError(
    "Episodes must be played before the next fine-tuning is known, and --dry-run plays none.",
    {
      hint: "Let the run get there first: eef expert CONFIG plays the experts' episodes, eef explore or eef select those of one method.",
    },
  );
}

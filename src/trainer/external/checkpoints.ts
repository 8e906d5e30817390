import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** `checkpoint-<step>` below the trainer's output, as the Hugging Face `Trainer` names them, by step. */
export function checkpointsIn(output: string): string[] {
  if (!existsSync(output)) return [];
  return readdirSync(output)
    .flatMap((name) => {
      const step = /^checkpoint-(\d+)$/.exec(name)?.[1];
      return step === undefined ? [] : [{ path: join(output, name), step: Number(step) }];
    })
    .sort((a, b) => a.step - b.step)
    .map(({ path }) => path);
}

/** The latest checkpoint that training can go on from. One that was cut off while it was written has no state. */
export function lastCheckpoint(output: string): string | undefined {
  return checkpointsIn(output).findLast((path) => existsSync(join(path, "trainer_state.json")));
}

const stateSchema = z.object({
  log_history: z.array(z.looseObject({ step: z.number().optional(), loss: z.number().optional() })),
});

/**
 * The loss of each logged step from the first on, also of sessions before this one. Undefined if the trainer left no record.
 * A loss that is not finite is not in it: JSON has none, and what Python writes instead cannot be read.
 */
export function recordedLosses(directories: readonly string[]): number[] | undefined {
  for (const directory of directories) {
    const file = join(directory, "trainer_state.json");
    if (!existsSync(file)) continue;
    try {
      const parsed = stateSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
      if (parsed.success)
        return parsed.data.log_history.flatMap(({ loss }) => (loss === undefined ? [] : [loss]));
    } catch {
      // Python's NaN. The log has it too.
    }
  }
  return undefined;
}

/** State of the optimiser and the data loader: several times as large as the model, and of no use after the training. */
const trainingState =
  /^(optimizer\.(pt|bin)|optimizer_\d+|pytorch_model_fsdp_\d+|scheduler\.pt|scaler\.pt|rng_state.*\.pth|global_step\d+|zero_to_fp32\.py|latest)$/;

/** Removes from a finished model's directory what was only for training. */
export function removeTrainingState(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (trainingState.test(name) || /^checkpoint-\d+$/.test(name)) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
}

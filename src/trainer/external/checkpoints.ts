import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readTrainerState } from "./trainer-state.ts";

const checkpointName = /^checkpoint-(\d+)$/;

/** `checkpoint-<step>` below the trainer's output, as the Hugging Face `Trainer` names them, by step. */
export function checkpointsIn(output: string): string[] {
  if (!existsSync(output)) return [];
  return readdirSync(output)
    .flatMap((name) => {
      const step = checkpointName.exec(name)?.[1];
      return step === undefined ? [] : [{ path: join(output, name), step: Number(step) }];
    })
    .sort((a, b) => a.step - b.step)
    .map(({ path }) => path);
}

/** The latest checkpoint that training can go on from. One that was cut off while it was written has no state. */
export function lastCheckpoint(output: string): string | undefined {
  return checkpointsIn(output).findLast((path) => readTrainerState(path) !== undefined && !isBroken(path));
}

/** Whether a checkpoint was written after a loss that is no number: nothing comes of it any more. */
export function isBroken(checkpoint: string): boolean {
  return readTrainerState(checkpoint)?.losses.every((loss) => Number.isFinite(loss)) === false;
}

/** State of the optimiser and the data loader: several times as large as the model, and of no use after the training. */
const trainingState =
  /^(optimizer\.(pt|bin)|optimizer_\d+|pytorch_model_fsdp_\d+|scheduler\.pt|scaler\.pt|rng_state.*\.pth|global_step\d+|zero_to_fp32\.py|latest)$/;

/** Removes from a finished model's directory what was only for training. */
export function removeTrainingState(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (trainingState.test(name) || checkpointName.test(name)) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
}

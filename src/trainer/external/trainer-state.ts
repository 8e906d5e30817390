import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { trueLoss } from "./progress-reader.ts";

/** What the Hugging Face `Trainer` notes in a checkpoint, and in the output at the end. */
export interface TrainerState {
  /** The loss of each logged step from the first on, also of earlier sessions. Not finite where the training broke down. */
  readonly losses: readonly number[];
  /** Whether it is the state after the last step. */
  readonly isComplete: boolean;
}

const stateFile = "trainer_state.json";
const numberSchema = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number)]);
const stateSchema = z.object({
  global_step: z.number().optional(),
  max_steps: z.number().optional(),
  log_history: z
    .array(
      z.looseObject({ loss: numberSchema.optional(), grad_norm: numberSchema.nullish().catch(undefined) }),
    )
    .default([]),
});

/** Of the trainer in a directory; undefined if it left none there, or one that was cut off while it was written. */
export function readTrainerState(directory: string): TrainerState | undefined {
  const file = join(directory, stateFile);
  if (!existsSync(file)) return undefined;
  const parsed = stateSchema.safeParse(parsePythonJson(readFileSync(file, "utf8")));
  if (!parsed.success) return undefined;
  const { global_step: step = 0, max_steps: steps = 0, log_history: history } = parsed.data;
  return {
    losses: history.flatMap(({ loss, grad_norm: norm }) =>
      loss === undefined ? [] : [trueLoss(loss, norm ?? undefined)],
    ),
    isComplete: steps > 0 && step >= steps,
  };
}

/** Python writes NaN, Infinity and -Infinity as bare words, which JSON does not have: they become strings. Undefined if it is no JSON otherwise. */
function parsePythonJson(text: string): unknown {
  const quoted = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (part) =>
    part.startsWith('"') ? part : `"${part}"`,
  );
  try {
    return JSON.parse(quoted);
  } catch {
    return undefined;
  }
}

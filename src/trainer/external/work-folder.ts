import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { writeFileAtomically } from "../../files.ts";
import type { TrainingRequest } from "../trainer.ts";

/**
 * Where a training outside of this process keeps its dataset, configuration, log and checkpoints: beside the model that
 * it makes. It survives an interruption, and what is in it belongs to exactly one training.
 */
export interface WorkFolder {
  readonly path: string;
  /** Absolute path of a file inside. */
  file(name: string): string;
  /** A note of an earlier session of the same training; undefined if there is none, or none of this form. */
  read<Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema> | undefined;
  write(name: string, value: unknown): void;
  remove(name: string): void;
}

/** Opens the folder of a training. One that was left by another training (other examples, settings, base or seed) is emptied. */
export function openWorkFolder(request: TrainingRequest, trainer: unknown): WorkFolder {
  const path = `${request.outputDirectory}.training`;
  const identity = JSON.stringify({ training: identityOf(request, trainer) });
  const identityFile = join(path, "training.json");
  if (!existsSync(identityFile) || readFileSync(identityFile, "utf8") !== identity) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    writeFileAtomically(identityFile, identity);
  }
  const file = (name: string) => join(path, name);
  return {
    path,
    file,
    read: (name, schema) => {
      if (!existsSync(file(name))) return undefined;
      const parsed = schema.safeParse(parsedJson(readFileSync(file(name), "utf8")));
      return parsed.success ? parsed.data : undefined;
    },
    write: (name, value) => writeFileAtomically(file(name), `${JSON.stringify(value, null, 2)}\n`),
    remove: (name) => rmSync(file(name), { recursive: true, force: true }),
  };
}

/** Undefined for a text that is no JSON, such as that of a file which a crash of the system left empty. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Equal for trainings that must give the same model. */
export function identityOf({ base, examples, seed }: TrainingRequest, trainer: unknown): string {
  const inputs = examples.map(({ id, messages, weights, tools }) => [id, messages, weights, tools]);
  return createHash("sha256")
    .update(JSON.stringify([base.version, trainer, seed, inputs]))
    .digest("hex")
    .slice(0, 20);
}

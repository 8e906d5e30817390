import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Policy } from "../../policy/policy.ts";
import type { Trainer, TrainingExample, TrainingRequest } from "../trainer.ts";
import { type CommandTrainerOptions, commandTrainer } from "./command.ts";
import type { ModelServer, ServedModel } from "./serving/model-server.ts";

const program = fileURLToPath(new URL("stand-in-trainer.test-helpers.ts", import.meta.url));

/** A trainer whose program is the stand-in, behaving in a certain way. */
export function standInTrainer(
  behaviour: string,
  serve: ModelServer = noServer(),
  changes: Partial<CommandTrainerOptions> = {},
): Trainer {
  return commandTrainer({
    model: "made-up/base",
    command: [process.execPath, program, behaviour, "{dataset}", "{output}"],
    resume: ["{checkpoint}"],
    batchSize: 2,
    epochs: 2,
    stopGraceSeconds: 0.2,
    serve,
    ...changes,
  });
}

/** Remembers what it was to serve. */
export function noServer(opened: ServedModel[] = []): ModelServer {
  return {
    name: "none",
    open: async (model): Promise<Policy> => {
      opened.push(model);
      return {
        name: "served",
        version: model.version,
        act: async () => ({ message: "Action: wait", promptTokens: 1, generatedTokens: 1 }),
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };
}

/** A folder that is removed with the test. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "eef-trainer-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function madeUpExamples(count: number): TrainingExample[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `e${index}`,
    taskId: `t${index}`,
    messages: [
      { role: "system", content: "Buy it." },
      { role: "user", content: `A lamp, number ${index}.` },
      { role: "assistant", content: "Action: search[lamp]" },
      { role: "user", content: "B01 B02" },
      { role: "assistant", content: "Thought: the second.\nAction: click[B02]" },
    ],
    weights: [0, 0, 0, 0, 1],
    origin: { trajectoryId: "trajectory", importantState: 0, reason: "Made up." },
  }));
}

export async function requestFor(
  trainer: Trainer,
  folder: string,
  changes: Partial<TrainingRequest> = {},
): Promise<TrainingRequest> {
  return {
    base: await trainer.base(),
    examples: madeUpExamples(3),
    seed: 1,
    outputDirectory: join(folder, "model"),
    ...changes,
  };
}

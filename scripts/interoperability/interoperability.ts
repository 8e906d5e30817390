/**
 * Whether the embedded student and the Hugging Face libraries read each other's models and compute the same:
 * `node scripts/interoperability/interoperability.ts --python PYTHON [--work DIRECTORY] [--write]`.
 *
 * PYTHON needs torch, transformers, tokenizers and peft. Tiny random Llamas are made with transformers in DIRECTORY
 * (a temporary one if left out), compared, saved again, and read by transformers and peft. With --write the results go
 * to docs/results/interoperability.md. Exits with 1 if anything differs by more than the tolerance.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { z } from "zod";
import { type Comparison, compareModel, readReference } from "./compare.ts";
import { interoperabilityDocument, type ModelResult, tolerance } from "./document.ts";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python" },
    work: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

const checkSchema = z.object({
  name: z.string(),
  unexpectedWeights: z.number(),
  logits: z.number(),
  adapterLogits: z.number(),
  tokensEqual: z.boolean(),
});

const work = values.work ?? (await mkdtemp(join(tmpdir(), "interoperability-")));
try {
  await python("make_models.py");
  const names = (await readdir(work)).filter((name) => name !== "fixture").sort();
  const comparisons = new Map<string, Comparison>();
  for (const name of names) comparisons.set(name, await compareModel(join(work, name)));
  const lines = (await python("check_ours.py")).split("\n").filter((line) => line !== "");
  const checks = new Map(
    lines.map((line) => checkSchema.parse(JSON.parse(line))).map((check) => [check.name, check]),
  );
  const results = names.map((name): ModelResult => {
    const comparison = comparisons.get(name);
    const check = checks.get(name);
    if (comparison === undefined || check === undefined) throw new Error(`nothing was said of ${name}`);
    const { name: _, ...back } = check;
    return { name, comparison, back };
  });
  const { torch, transformers, peft } = await readReference(join(work, names[0] ?? ""));
  const text = interoperabilityDocument(results, { torch, transformers, peft });
  console.log(text);
  if (values.write) {
    await writeFile(fileURLToPath(new URL("../../docs/results/interoperability.md", import.meta.url)), text);
  }
  if (!results.every(agrees)) {
    console.error("Something differs by more than the tolerance.");
    process.exitCode = 1;
  }
} finally {
  if (values.work === undefined) await rm(work, { recursive: true });
}

function agrees({ comparison, back }: ModelResult): boolean {
  const { greedyEqual, tokensEqual, largestLogit: _, ...differences } = comparison;
  const numbers = [...Object.values(differences), back.logits, back.adapterLogits, back.unexpectedWeights];
  return greedyEqual && tokensEqual && back.tokensEqual && numbers.every((each) => each < tolerance);
}

async function python(script: string): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(values.python, [path, work], {
    env: { ...process.env, HF_HUB_OFFLINE: "1" },
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

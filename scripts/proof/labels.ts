import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { ChatTokenizer, TrainingExample } from "../../src/index.ts";

const numbers = z.array(z.number());
const labelsSchema = z.object({
  /** Of the trainer and the libraries that matter, by name. */
  versions: z.record(z.string(), z.string()),
  rows: z.array(z.object({ ids: numbers, labels: numbers })),
});
/** What a trainer's own data pipeline made of a dataset: tokens, and labels that are -100 where nothing is learned. */
export type Labels = z.infer<typeof labelsSchema>;
export type LabelledRow = Labels["rows"][number];

/**
 * Runs a Python program of this folder, whose last argument is the file that it writes labels to.
 * @param python The interpreter of an environment that holds the trainer.
 */
export function readLabels(
  python: string,
  program: string,
  programArguments: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Labels {
  const folder = mkdtempSync(join(tmpdir(), "eef-labels-"));
  const out = join(folder, "labels.json");
  const script = fileURLToPath(new URL(program, import.meta.url));
  try {
    execFileSync(python, [script, ...programArguments, out], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...environment },
    });
    return labelsSchema.parse(JSON.parse(readFileSync(out, "utf8")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The tokens and labels that `eef preview` shows, of examples that end with their last target. */
export function ownLabels(examples: readonly TrainingExample[], tokenizer: ChatTokenizer): LabelledRow[] {
  return examples.map((example) => {
    const end = example.weights.findLastIndex((weight) => weight > 0) + 1;
    const { ids, weights } = tokenizer.mask({
      ...example,
      messages: example.messages.slice(0, end),
      weights: example.weights.slice(0, end),
    });
    return {
      ids: [...ids],
      labels: ids.map((id, place) => ((weights[place] ?? 0) > 0 ? id : -100)),
    };
  });
}

/** The examples as trainers see them that learn the last message of a row only: one row for each target. */
export function oneForEachTarget(examples: readonly TrainingExample[]): TrainingExample[] {
  return examples.flatMap((example) =>
    example.weights.flatMap((weight, index) =>
      weight > 0
        ? [
            {
              ...example,
              messages: example.messages.slice(0, index + 1),
              weights: example.weights.slice(0, index + 1).map((_, place) => (place === index ? weight : 0)),
            },
          ]
        : [],
    ),
  );
}

export const labelsHeader = [
  "| dataset | rows | tokens | targets | different tokens | different labels | of them behind a turn |",
  "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
];

export interface Comparison {
  /** A row of the table under `labelsHeader`. */
  readonly line: string;
  /** Whether all is equal but for labels behind a turn: what a template writes after the token that ends a target, mostly a line break. */
  readonly equal: boolean;
}

/** Compares token by token. Rows may come in any order: trainers shuffle them. */
export function compareLabels(
  name: string,
  ours: readonly LabelledRow[],
  theirs: readonly LabelledRow[],
): Comparison {
  const counts = { tokens: 0, targets: 0, ids: 0, labels: 0, behind: 0 };
  const [expected, found] = [ours, theirs].map(inOrder);
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const [own, other] = [expected?.[index], found?.[index]];
    const length = Math.max(own?.ids.length ?? 0, other?.ids.length ?? 0);
    for (let place = 0; place < length; place++) {
      counts.tokens++;
      if ((own?.labels[place] ?? -100) !== -100) counts.targets++;
      if (own?.ids[place] !== other?.ids[place]) counts.ids++;
      if (own?.labels[place] === other?.labels[place]) continue;
      counts.labels++;
      const behindTarget = own?.labels[place] === -100 && (own.labels[place - 1] ?? -100) !== -100;
      if (behindTarget) counts.behind++;
    }
  }
  return {
    line: `| ${name} | ${theirs.length} | ${counts.tokens} | ${counts.targets} | ${counts.ids} | ${counts.labels} | ${counts.behind} |`,
    equal: counts.ids === 0 && counts.labels === counts.behind && counts.targets > 0,
  };
}

function inOrder(rows: readonly LabelledRow[]): readonly LabelledRow[] {
  return rows
    .map((row) => ({ row, key: row.ids.join(" ") + row.labels.join(" ") }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ row }) => row);
}

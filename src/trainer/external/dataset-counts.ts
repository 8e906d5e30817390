import { z } from "zod";
import { printableLine } from "../../report/printable.ts";

export const datasetCountsSchema = z.object({
  rows: z.number(),
  /** Of one epoch. Estimated at four characters a token where the rows hold text. */
  tokens: z.number(),
  targetTokens: z.number(),
  /** Examples that the format cannot hold, or that are too long; left-out.json says why. */
  leftOut: z.number(),
  /** Native tool calls that the format holds as text. */
  callsAsText: z.number().default(0),
  /** Targets whose weight is not 1, which the format cannot hold: they are written as 1. */
  roundedWeights: z.number().default(0),
  /** What else a reader of the rows should know, in sentences, each with the number of examples that it is about. */
  notes: z.record(z.string(), z.number()).default({}),
});
export type DatasetCounts = z.infer<typeof datasetCountsSchema>;

/** In one line, for a reader. */
export function describeCounts(counts: DatasetCounts): string {
  const { rows, tokens, targetTokens } = counts;
  const sizes = `${rows} rows, about ${tokens} tokens of which ${targetTokens} are trained on`;
  return [sizes, ...remarksOn(counts)].join("; ");
}

/** How the dataset differs from the examples, as clauses. */
export function remarksOn({ leftOut, callsAsText, roundedWeights, notes }: DatasetCounts): string[] {
  return [
    ...(leftOut === 0 ? [] : [`${counted(leftOut, "example")} left out, left-out.json says why`]),
    ...(callsAsText === 0 ? [] : [`${counted(callsAsText, "native tool call")} written as text`]),
    ...(roundedWeights === 0 ? [] : [`${counted(roundedWeights, "weight")} other than 0 and 1 written as 1`]),
    ...Object.entries(notes).map(
      ([note, examples]) => `on ${counted(examples, "example")}: ${printableLine(note, 400)}`,
    ),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

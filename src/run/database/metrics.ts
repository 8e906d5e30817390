import { z } from "zod";
import type { Database } from "./database.ts";

/** One number of the run. */
export interface Metric {
  readonly method: string;
  readonly iteration: number;
  /** See docs/configuration.md. */
  readonly name: string;
  /** Position in a series such as the training loss; 0 for a single figure. */
  readonly step: number;
  readonly value: number;
}

const metricRow = z.object({
  method: z.string(),
  iteration: z.number(),
  name: z.string(),
  step: z.number(),
  value: z.number(),
});

/** Part of the caller's transaction. A figure that is there already stays as it is. */
export function saveMetrics(database: Database, metrics: readonly Metric[]): void {
  for (const { method, iteration, name, step, value } of metrics) {
    database.execute(
      "INSERT INTO metrics (method, iteration, name, step, value) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      method,
      iteration,
      name,
      step,
      value,
    );
  }
}

/** All metrics in the order in which they were stored. */
export function readMetrics(database: Database): Metric[] {
  return database.all(metricRow, "SELECT method, iteration, name, step, value FROM metrics ORDER BY rowid");
}

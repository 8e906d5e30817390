import { z } from "zod";
import type { PolicyReference } from "../../trainer/trainer.ts";
import type { Database } from "./database.ts";

export interface StoredFineTuning {
  readonly key: string;
  /** `location` is as stored: relative to the run directory where inside it. */
  readonly policy: PolicyReference;
  readonly baseVersion: string;
  readonly seed: number;
  readonly examples: number;
  readonly trainedTokens: number;
  readonly targetTokens: number;
  readonly seconds: number;
  readonly losses: readonly number[];
}

const fineTunedRow = z.object({ location: z.string(), version: z.string(), losses: z.string() });

/** What a fine-tuning gave. `location` is as stored. */
export interface FineTuned extends PolicyReference {
  readonly losses: readonly number[];
}

/** What the fine-tuning of this key gave, if it was done. */
export function readFineTuned(database: Database, key: string): FineTuned | undefined {
  const sql = "SELECT location, version, losses FROM fine_tunings WHERE key = ?";
  const row = database.first(fineTunedRow, sql, key);
  return row && { ...row, losses: z.array(z.number()).parse(JSON.parse(row.losses)) };
}

/** True if another fine-tuning's checkpoint lies there. */
export function isCheckpointTaken(database: Database, location: string): boolean {
  const sql = "SELECT 1 FROM fine_tunings WHERE location = ?";
  return database.first(z.unknown(), sql, location) !== undefined;
}

export function saveFineTuning(database: Database, tuning: StoredFineTuning): void {
  database.execute(
    `INSERT INTO fine_tunings (key, location, version, base_version, seed, examples, trained_tokens, target_tokens,
       seconds, losses)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    tuning.key,
    tuning.policy.location,
    tuning.policy.version,
    tuning.baseVersion,
    tuning.seed,
    tuning.examples,
    tuning.trainedTokens,
    tuning.targetTokens,
    tuning.seconds,
    JSON.stringify(tuning.losses),
  );
}

/** Counts a fine-tuning in a method's budget, once however often the method asks for it. */
export function countFineTuning(database: Database, method: string, iteration: number, key: string): void {
  database.execute(
    "INSERT INTO method_fine_tunings (method, iteration, key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    method,
    iteration,
    key,
  );
}

/** Whether anything here was made by a student: by one that was trained, or by the base, which has this version. */
export function hasStudents(database: Database, base: string): boolean {
  const sql = `SELECT 1 FROM fine_tunings UNION ALL SELECT 1 FROM iterations
    UNION ALL SELECT 1 FROM trajectories WHERE kind = 'simulation' OR policy = ? LIMIT 1`;
  return database.first(z.unknown(), sql, base) !== undefined;
}

export function saveIteration(
  database: Database,
  method: string,
  iteration: number,
  policy: PolicyReference,
): void {
  database.execute(
    "INSERT INTO iterations (method, iteration, location, version) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    method,
    iteration,
    policy.location,
    policy.version,
  );
}

export function markFinished(database: Database, what: string): void {
  database.execute("INSERT INTO finished (what) VALUES (?) ON CONFLICT DO NOTHING", what);
}

export function isFinished(database: Database, what: string): boolean {
  return database.first(z.unknown(), "SELECT 1 FROM finished WHERE what = ?", what) !== undefined;
}

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** What each table is ordered by, and which of its columns are times, the only thing that two equal runs differ in. */
const tables: Readonly<Record<string, { readonly key: string; readonly times?: readonly string[] }>> = {
  tasks: { key: "id" },
  trajectories: { key: "id", times: ["seconds", "work_seconds"] },
  steps: { key: "trajectory_id, position" },
  experts: { key: "trajectory_id" },
  simulations: { key: "method, iteration, position" },
  selections: { key: "rowid" },
  labels: { key: "rowid" },
  examples: { key: "rowid" },
  fine_tunings: { key: "rowid", times: ["seconds"] },
  method_fine_tunings: { key: "rowid" },
  iterations: { key: "rowid" },
  evaluations: { key: "rowid" },
  metrics: { key: "rowid" },
  finished: { key: "rowid" },
};

/** Everything that a run directory holds, but for times: equal for two runs of equal results. */
export function runContents(directory: string): Record<string, unknown> {
  using database = new DatabaseSync(join(directory, "run.sqlite"), { readOnly: true });
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
    .map((row) => String(row.name));
  const unknown = names.filter((name) => !(name in tables));
  if (unknown.length > 0) throw new Error(`tables that are not compared: ${unknown.join(", ")}`);
  const contents: Record<string, unknown> = {};
  for (const [name, { key, times = [] }] of Object.entries(tables)) {
    contents[name] = database
      .prepare(`SELECT * FROM ${name} ORDER BY ${key}`)
      .all()
      .map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !times.includes(column))));
  }
  for (const name of ["config.json", "metrics.jsonl"]) {
    contents[name] = readFileSync(join(directory, name), "utf8");
  }
  for (const folder of ["datasets", "checkpoints"]) {
    for (const file of filesIn(join(directory, folder))) {
      const hash = createHash("sha256")
        .update(readFileSync(join(directory, folder, file)))
        .digest("hex");
      contents[`${folder}/${file}`] = hash;
    }
  }
  return contents;
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RolloutRequest } from "../../src/rollout/executor.ts";
import { openDatabase } from "../../src/run/database/database.ts";
import { saveTasks, saveTrajectory } from "../../src/run/database/trajectories.ts";
import type { Trajectory } from "../../src/trajectory.ts";

export interface EpisodeStore extends Disposable {
  /** In a transaction of its own, as a run stores each episode when it is over. */
  save(trajectory: Trajectory): void;
}

/** A run's database on disk, which is removed at the end. */
export function openEpisodeStore(requests: readonly RolloutRequest[]): EpisodeStore {
  const folder = mkdtempSync(join(tmpdir(), "eef-bench-"));
  const database = openDatabase(join(folder, "run.sqlite"));
  saveTasks(
    database,
    "train",
    requests.map(({ task }) => task),
  );
  return {
    save: (trajectory) => database.transaction(() => saveTrajectory(database, trajectory, () => "", 0)),
    [Symbol.dispose]: () => {
      database[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

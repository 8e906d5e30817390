import { ConfigurationError } from "../errors.ts";
import type { RolloutRequest } from "../rollout/executor.ts";
import { hasTrajectory, readTrajectory, saveTrajectory } from "./database/trajectories.ts";
import { describeEnvironment, differences, partOf, toJson } from "./describe.ts";
import type { Run } from "./run.ts";
import { readRunDirectory, readStoredConfig } from "./run-directory.ts";

/**
 * Takes over those of an expert's episodes that are missing here and that the run named by `reuse` has: the very same, by task, expert, seed,
 * temperature and step limit. Those that failed there are left to be played.
 *
 * @throws ConfigurationError if that is no run, or one in another environment.
 */
export function reuseEpisodes(run: Run, name: string, requests: readonly RolloutRequest[]): void {
  const { config, directory, progress } = run;
  const missing = requests.filter(({ id }) => !hasTrajectory(directory.database, id));
  if (config.reuse === undefined || missing.length === 0) return;
  using other = readRunDirectory(config.reuse);
  const changes = differences(
    partOf(readStoredConfig(other.path), "environment"),
    toJson(describeEnvironment(config)),
  );
  if (changes.length > 0) {
    throw new ConfigurationError(
      `The episodes of ${config.reuse} cannot be reused, its environment is another: ${changes.join("; ")}`,
      { hint: "Leave --reuse out: the experts play again." },
    );
  }
  const actionKind = (action: string) => config.environment.actionKind?.(action) ?? "";
  let taken = 0;
  directory.database.transaction(() => {
    for (const { id } of missing) {
      const trajectory = readTrajectory(other.database, id);
      if (trajectory === undefined || trajectory.error !== undefined) continue;
      saveTrajectory(directory.database, trajectory, actionKind, 0);
      taken += 1;
    }
  });
  progress.note(`${name}: ${taken} of ${missing.length} episodes are those of ${config.reuse}`);
}

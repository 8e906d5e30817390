/**
 * Runs the comparison of the methods on short tasks of ScienceWorld over several seeds, and writes what was found to docs/results.
 * Needs Java and the simulator (`npx eef scienceworld install`). Stopped in any way and started again, it continues.
 *
 *     npx node scripts/scienceworld.ts
 *     npx node scripts/scienceworld.ts --seeds 1,2 --methods sft,eef
 *     npx node scripts/scienceworld.ts --report-only      # write the results of what there is, and run nothing
 *
 * examples/scienceworld tells how its base checkpoint was made.
 */
import { join } from "node:path";
import { readNumberArgument } from "../src/cli/number-argument.ts";
import { terminalProgress } from "../src/cli/progress.ts";
import { scienceworld } from "../src/index.ts";
import {
  askedOfStudy,
  parseStudyOptions,
  runStudyCommand,
  runStudyScript,
  studyOptions,
} from "./reproduce/study-command.ts";
import { expertsOf } from "./scienceworld/experts.ts";
import { shortKinds, withGoalsOfSeed } from "./scienceworld/goals.ts";
import { type ScienceWorldStudyOptions, scienceWorldStudy } from "./scienceworld/study.ts";

const options = {
  ...studyOptions,
  seeds: { type: "string", default: "1,2,3" },
  output: { type: "string", default: "runs/scienceworld" },
  base: { type: "string", default: join(import.meta.dirname, "../examples/scienceworld/base") },
  /** Episodes at once; 0.35 GB each. */
  simulators: { type: "string", default: "6" },
} as const;

await runStudyScript(async (signal) => {
  const values = parseStudyOptions(options);
  const asked = askedOfStudy(values);
  const simulators = readNumberArgument("simulators", values.simulators, { integer: true, least: 1 });
  const bySeed = new Map<number, SeedSettings>();
  const study = scienceWorldStudy({
    output: values.output,
    base: values.base,
    simulators,
    settings: (seed) => settingsOf(bySeed, seed),
  });
  if (!asked.reportOnly) {
    const all = scienceworld({
      splits: "official",
      tasks: shortKinds,
      // The simulator's own solution knows what is where without looking; a student must be able to see that.
      opening: "task-and-look",
      lookOnArrival: true,
      simulators,
      heapMegabytes: 256,
      // On a machine that is shared, all of this may stand still for minutes; nothing hangs then.
      silence: 900_000,
    });
    for (const seed of asked.seeds) {
      const environment = withGoalsOfSeed(all, seed);
      const folder = values.output;
      const experts = await expertsOf(environment, { seed, folder, progress: terminalProgress(), signal });
      bySeed.set(seed, { environment, experts });
    }
  }
  return await runStudyCommand({
    study,
    name: "scienceworld-learning",
    command: `npx node scripts/scienceworld.ts --seeds ${asked.seeds.join(",")}`,
    ...asked,
    signal,
  });
});

type SeedSettings = ReturnType<ScienceWorldStudyOptions["settings"]>;

function settingsOf(bySeed: ReadonlyMap<number, SeedSettings>, seed: number): SeedSettings {
  const settings = bySeed.get(seed);
  if (settings === undefined) throw new RangeError(`seed ${seed} was not prepared`);
  return settings;
}

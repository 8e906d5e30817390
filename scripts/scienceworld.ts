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
import process from "node:process";
import { onInterrupt } from "../src/cli/interrupt.ts";
import { readNumberArgument } from "../src/cli/number-argument.ts";
import { terminalProgress } from "../src/cli/progress.ts";
import { EefError } from "../src/errors.ts";
import { scienceworld } from "../src/index.ts";
import { InterruptedError } from "../src/run/errors.ts";
import { parseSeeds, parseStudyOptions, runStudyCommand, studyOptions } from "./reproduce/study-command.ts";
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

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof EefError)) throw error;
  console.error(`${error.message}\n${error.hint ?? ""}`);
  process.exitCode = error instanceof InterruptedError ? 130 : 1;
}
// An open session of the tensor engine must not keep the process alive.
process.exit();

async function main(): Promise<number> {
  const values = parseStudyOptions(options);
  const seeds = parseSeeds("--seeds", values.seeds);
  const simulators = readNumberArgument("simulators", values.simulators, { integer: true, least: 1 });
  const reportOnly = values["report-only"];
  const signal = onInterrupt();
  const bySeed = new Map<number, SeedSettings>();
  const study = scienceWorldStudy({
    output: values.output,
    base: values.base,
    simulators,
    settings: (seed) => settingsOf(bySeed, seed),
  });
  if (!reportOnly) {
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
    for (const seed of seeds) {
      const environment = withGoalsOfSeed(all, seed);
      const folder = values.output;
      const experts = await expertsOf(environment, { seed, folder, progress: terminalProgress(), signal });
      bySeed.set(seed, { environment, experts });
    }
  }
  return await runStudyCommand({
    study,
    name: "scienceworld-learning",
    command: `npx node scripts/scienceworld.ts --seeds ${seeds.join(",")}`,
    seeds,
    ...(values.methods === undefined ? {} : { methods: values.methods.split(",") }),
    out: values.out,
    reportOnly,
    signal,
  });
}

type SeedSettings = ReturnType<ScienceWorldStudyOptions["settings"]>;

function settingsOf(bySeed: ReadonlyMap<number, SeedSettings>, seed: number): SeedSettings {
  const settings = bySeed.get(seed);
  if (settings === undefined) throw new RangeError(`seed ${seed} was not prepared`);
  return settings;
}

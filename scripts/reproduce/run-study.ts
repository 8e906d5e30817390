import { ConfigurationError, EefError } from "../../src/errors.ts";
import { InterruptedError } from "../../src/run/errors.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import type { Progress } from "../../src/run/progress.ts";
import { isFinished } from "./results.ts";
import { lastIteration, methodKey, runConfig, type Stage, type Study } from "./study.ts";

export interface RunStudyOptions {
  readonly seeds: readonly number[];
  /** Only these, by `methodKey`; all if absent. */
  readonly methods?: readonly string[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Called when a stage is over for a seed and something new was found: the time to write down the results. */
  readonly onSeedFinished: () => void;
}

/**
 * Does the work of a study, stage by stage and in each stage seed by seed, so that what was done when time runs out is
 * of use. Whatever the run directories hold already is not done again.
 *
 * A part that fails does not keep the others from being done: the failures are returned.
 *
 * @throws InterruptedError if stopped; the same call continues.
 * @throws ConfigurationError if a run directory was made with other settings.
 */
export async function runStudy(study: Study, options: RunStudyOptions): Promise<EefError[]> {
  const failures: EefError[] = [];
  const stages = chooseMethods(study, options.methods);
  await checkBases(stages, options.seeds);
  const clock = createClock(stages.flatMap(({ methods }) => options.seeds.flatMap(() => methods)));
  for (const stage of stages) {
    for (const seed of options.seeds) {
      try {
        await runStage(stage, seed, clock, options);
      } catch (error) {
        if (error instanceof InterruptedError || error instanceof ConfigurationError) throw error;
        if (!(error instanceof EefError)) throw error;
        failures.push(error);
        options.progress.note(`${stage.family.name}, seed ${seed}, failed and is left out: ${error.message}`);
      }
    }
  }
  return failures;
}

/** @throws what a missing base checkpoint throws: nothing could be done without it. */
async function checkBases(stages: readonly Stage[], seeds: readonly number[]): Promise<void> {
  const [seed] = seeds;
  if (seed === undefined) throw new ConfigurationError("Name at least one seed.");
  for (const family of new Set(stages.map((stage) => stage.family))) {
    await runConfig(family, seed).trainer.base();
  }
}

async function runStage(stage: Stage, seed: number, clock: Clock, options: RunStudyOptions): Promise<void> {
  const { progress, signal, onSeedFinished } = options;
  const config = runConfig(stage.family, seed);
  // Also checks that the run directory was made with these settings.
  let results = await runPipeline(config, { progress, signal, stopAfter: { phase: "expert" } });
  let isNew = false;
  for (const name of stage.methods) {
    if (signal.aborted) throw new InterruptedError();
    const method = config.methods.find((candidate) => candidate.name === name);
    if (method === undefined) throw new ConfigurationError(`${stage.family.name} has no method "${name}".`);
    const done = isFinished(results, method);
    progress.note(clock.begin(`${stage.family.name}, seed ${seed}, ${name}`, done));
    if (!done) {
      const stopAfter = { phase: "evaluate", method: name, iteration: lastIteration(method) } as const;
      results = await runPipeline(config, { progress, signal, stopAfter });
      isNew = true;
    }
    clock.end(name, done);
  }
  if (isNew) onSeedFinished();
}

function chooseMethods({ stages }: Study, wanted: readonly string[] | undefined): readonly Stage[] {
  if (wanted === undefined) return stages;
  const known = new Set(stages.flatMap((stage) => stage.methods.map((method) => methodKey(stage, method))));
  const unknown = wanted.find((key) => !known.has(key));
  if (unknown !== undefined) {
    throw new ConfigurationError(`There are no methods "${unknown}".`, {
      hint: `--methods takes some of ${[...known].join(",")}`,
    });
  }
  return stages
    .map((stage) => ({
      ...stage,
      methods: stage.methods.filter((method) => wanted.includes(methodKey(stage, method))),
    }))
    .filter((stage) => stage.methods.length > 0);
}

/** Counts the parts, and says how long those that are left will take: as long as the same method took on average. */
interface Clock {
  begin(part: string, done: boolean): string;
  end(method: string, done: boolean): void;
}

function createClock(parts: readonly string[]): Clock {
  const minutes = new Map<string, number[]>();
  const average = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
  let position = 0;
  let started = performance.now();
  const left = (): string => {
    const all = [...minutes.values()].flat();
    if (all.length === 0) return "";
    const expected = parts.slice(position).map((method) => average(minutes.get(method) ?? all));
    return `, about ${Math.ceil(expected.reduce((sum, value) => sum + value, 0))} min left of all`;
  };
  return {
    begin: (part, done) => {
      started = performance.now();
      return `[${position + 1}/${parts.length}] ${part}${done ? ": there already" : left()}`;
    },
    end: (method, done) => {
      position += 1;
      if (done) return;
      const taken = (performance.now() - started) / 60_000;
      minutes.set(method, [...(minutes.get(method) ?? []), taken]);
    },
  };
}

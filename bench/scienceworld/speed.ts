/**
 * How fast our client plays ScienceWorld, against the simulator's own rate and the Python package on the same jar:
 * `node bench/scienceworld/speed.ts [--tasks A,B] [--rounds N] [--warmup N] [--simulators 1,2] [--python PYTHON] [--json]`.
 *
 * All play the gold paths of the same tasks, in turns, each on a JVM of its own with the same options, after rounds that are not counted.
 * Ratios are medians over rounds of the ratio within a round. On a busy machine times say little, and ratios of times not much more;
 * processor time does: it is that of the JVM and of whatever speaks to it, loading included.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readNumberArgument } from "../../src/cli/number-argument.ts";
import { openJar } from "../../src/environment/scienceworld/install/jar-files.ts";
import { javaFlags, type Simulator, startSimulator } from "../../src/environment/scienceworld/simulator.ts";
import { count, readCommandLine } from "../command-line.ts";
import { median } from "../median.ts";
import {
  hasJavaCompiler,
  inJvm,
  type Mode,
  ourClient,
  ourClientAtOnce,
  type Player,
  playAll,
  processorSeconds,
  pythonPackage,
  type RecordedActions,
} from "./players.ts";

const { values } = readCommandLine(import.meta.url, {
  tasks: { type: "string", default: "lifespan-longest-lived,find-plant,chemistry-mix,use-thermometer" },
  rounds: { type: "string", default: "5" },
  warmup: { type: "string", default: "5" },
  simulators: { type: "string", default: "1,2" },
  python: { type: "string" },
  json: { type: "boolean", default: false },
});
const rounds = count("rounds", values.rounds);
const simulators = values.simulators.split(",").map((number) => count("simulators", number));
const warmup = readNumberArgument("warmup", values.warmup, { integer: true, least: 0 });
const jar = openJar();
const flags = javaFlags(512, jar.version?.needsFixedHashes ?? true);
const folder = mkdtempSync(join(tmpdir(), "eef-bench-"));
const say = (line: string) => console.error(line);

try {
  say("making gold paths");
  const episodes = await goldEpisodes(values.tasks.split(","));
  const what = {
    version: jar.version?.version ?? "unknown",
    episodes: episodes.length,
    steps: totalSteps(episodes),
    rounds,
  };
  // Each table is shown as soon as it is there: on a busy machine the whole takes long.
  const show = <T extends readonly object[]>(table: T): T => {
    if (!values.json) console.table(table);
    return table;
  };
  if (!values.json) console.log(what);
  const results = {
    ...what,
    players: show(await comparePlayers(episodes)),
    reaching: show(await reachStates(episodes)),
    simulators: show(await severalSimulators(episodes, simulators)),
  };
  if (values.json) console.log(JSON.stringify(results, null, 2));
} finally {
  rmSync(folder, { recursive: true });
}

async function goldEpisodes(tasks: readonly string[]): Promise<RecordedActions[]> {
  await using simulator = await startSimulator({ jar });
  const episodes: RecordedActions[] = [];
  for (const task of tasks) {
    const actions = await simulator.goldPath({ task, variation: 0, simplifications: "easy" });
    episodes.push({ task, variation: 0, actions });
  }
  return episodes;
}

/** Of one player in one round, milliseconds a step: by the clock, of the steps alone; and of processor time. */
interface Cost {
  readonly clock: number;
  readonly processor: number;
}

async function comparePlayers(episodes: readonly RecordedActions[]) {
  const file = join(folder, "episodes.tsv");
  const lines = episodes.map(
    ({ task, variation, actions }) => `${[task, variation, ...actions].join("\t")}\n`,
  );
  writeFileSync(file, lines.join(""));
  await using stack = new AsyncDisposableStack();
  const players: Player[] = [stack.use(await ourClient(jar, episodes))];
  if (hasJavaCompiler()) players.push(stack.use(inJvm(jar.file, file, flags)));
  else say("This Java has no compiler, so there is no loop inside the JVM to compare with.");
  if (values.python !== undefined) {
    players.push(stack.use(pythonPackage(values.python, resolve(jar.file), file, flags)));
  }
  // What can be done is asked after each step, so with that nothing can be sent at once.
  const atOnce = stack.use(await ourClientAtOnce(jar, episodes));
  const results = [];
  for (const mode of ["steps", "actions"] as const) {
    const compared = mode === "steps" ? [...players, atOnce] : players;
    const costs = await inTurns(compared, mode);
    const [ours = []] = costs;
    for (const [index, { name }] of compared.entries()) {
      const own = costs[index] ?? [];
      const against = (cost: keyof Cost) =>
        round(median(own.map((each, turn) => each[cost] / (ours[turn]?.[cost] ?? Number.NaN))));
      const clock = median(own.map((cost) => cost.clock));
      results.push({
        mode,
        player: name,
        msAStep: round(clock),
        msAnEpisode: round((clock * totalSteps(episodes)) / episodes.length),
        processorMsAStep: round(median(own.map((cost) => cost.processor))),
        timeAgainstOurs: against("clock"),
        processorTimeAgainstOurs: against("processor"),
      });
    }
  }
  return results;
}

/** By player, the costs of each round that counts. */
async function inTurns(players: readonly Player[], mode: Mode): Promise<Cost[][]> {
  const costs: Cost[][] = players.map(() => []);
  for (let turn = 1 - warmup; turn <= rounds; turn++) {
    say(`${mode}, round ${turn} of ${rounds}`);
    const checksums = new Set<number>();
    for (const [index, player] of players.entries()) {
      const pids = player.pids();
      const before = processorSeconds(pids);
      const { steps, seconds, checksum } = await player.play(mode);
      const processor = processorSeconds(pids) - before;
      if (turn > 0)
        costs[index]?.push({ clock: (1000 * seconds) / steps, processor: (1000 * processor) / steps });
      checksums.add(checksum);
    }
    if (checksums.size > 1) throw new Error("The players did not observe the same.");
  }
  return costs;
}

/** Milliseconds to a state that is so many steps deep: all actions sent at once, or each after the one before. */
async function reachStates(episodes: readonly RecordedActions[]) {
  await using simulator = await startSimulator({ jar });
  const [longest] = episodes.toSorted((left, right) => right.actions.length - left.actions.length);
  if (longest === undefined) return [];
  const { actions, ...task } = longest;
  const reach = async (depth: number, atOnce: boolean): Promise<number> => {
    const start = performance.now();
    await simulator.load({ ...task, simplifications: "easy" });
    if (atOnce) await simulator.steps(actions.slice(0, depth));
    else for (const action of actions.slice(0, depth)) await simulator.step(action);
    return performance.now() - start;
  };
  await reach(actions.length, true);
  const results = [];
  for (const depth of [0, 5, 10, 20, 40].filter((each) => each <= actions.length)) {
    say(`reaching a state ${depth} steps deep`);
    const times: { readonly atOnce: number; readonly oneByOne: number }[] = [];
    for (let turn = 0; turn < rounds; turn++) {
      times.push({ atOnce: await reach(depth, true), oneByOne: await reach(depth, false) });
    }
    results.push({
      depth,
      milliseconds: round(median(times.map(({ atOnce }) => atOnce))),
      oneByOneAgainstIt: round(median(times.map(({ atOnce, oneByOne }) => oneByOne / atOnce))),
    });
  }
  return results;
}

/** Steps a second of all together. */
async function severalSimulators(episodes: readonly RecordedActions[], counts: readonly number[]) {
  await using stack = new AsyncDisposableStack();
  const simulators: Simulator[] = [];
  for (let index = 0; index < Math.max(...counts); index++) {
    const simulator = stack.use(await startSimulator({ jar }));
    await playAll(simulator, episodes, "steps");
    simulators.push(simulator);
  }
  const rates: number[][] = counts.map(() => []);
  for (let turn = 0; turn < rounds; turn++) {
    for (const [index, count] of counts.entries()) {
      say(`${count} simulators, round ${turn + 1} of ${rounds}`);
      const start = performance.now();
      const played = await Promise.all(
        simulators.slice(0, count).map((simulator) => playAll(simulator, episodes, "steps")),
      );
      const steps = played.reduce((sum, each) => sum + each.steps, 0);
      rates[index]?.push((1000 * steps) / (performance.now() - start));
    }
  }
  const [first = []] = rates;
  return counts.map((simulators, index) => ({
    simulators,
    stepsASecond: round(median(rates[index] ?? [])),
    againstTheFirst: round(
      median((rates[index] ?? []).map((rate, turn) => rate / (first[turn] ?? Number.NaN))),
    ),
  }));
}

function totalSteps(episodes: readonly RecordedActions[]): number {
  return episodes.reduce((sum, { actions }) => sum + actions.length, 0);
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

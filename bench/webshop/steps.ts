/**
 * Steps per second of the WebShop engine on one core: `node bench/webshop/steps.ts [--data DIR] [--seconds S] [--json]`.
 *
 * A random shopper searches, opens products, chooses options, reads, pages and buys, and reads every observation as
 * text. Without --data the shop is a generated one.
 */
import process from "node:process";
import { readNumberArgument } from "../../src/cli/number-argument.ts";
import { generateCatalogue } from "../../src/environment/webshop/generator/index.ts";
import {
  admissibleActions,
  type Catalogue,
  createCatalogue,
  type Goal,
  humanGoals,
  initialState,
  kindOfAction,
  loadCatalogue,
  openShop,
  renderText,
  type SessionState,
  type Shop,
  stepSession,
  syntheticGoals,
} from "../../src/environment/webshop/index.ts";
import { createRandom, type Random } from "../../src/random.ts";
import { readCommandLine } from "../command-line.ts";

const { values } = readCommandLine(import.meta.url, {
  data: { type: "string" },
  seconds: { type: "string", default: "3" },
  json: { type: "boolean", default: false },
});
const seconds = readNumberArgument("seconds", values.seconds, { integer: false, above: 0 });

const catalogue = values.data === undefined ? generatedCatalogue() : loadCatalogue(values.data);
const goals = [...syntheticGoals(catalogue), ...humanGoals(catalogue)];
const results = {
  products: catalogue.asins.length,
  goals: goals.length,
  episodes: measure("episodes", playEpisodes),
  forks: measure("forks", playForks),
};
if (values.json) console.log(JSON.stringify(results, null, 2));

interface Counts {
  steps: number;
  observedCharacters: number;
  readonly kinds: Record<string, number>;
}

function measure(name: string, play: (shop: Shop, random: Random, counts: Counts) => void) {
  // A shop of its own, so that no measurement finds another's caches; the first second is for the compiler.
  const shop = openShop(catalogue);
  const random = createRandom(1);
  for (const end = performance.now() + 1000; performance.now() < end; ) play(shop, random, emptyCounts());
  const counts = emptyCounts();
  const start = performance.now();
  const processorStart = process.cpuUsage();
  while (performance.now() - start < seconds * 1000) play(shop, random, counts);
  const { user, system } = process.cpuUsage(processorStart);
  const elapsed = (performance.now() - start) / 1000;
  const stepsPerSecond = Math.round(counts.steps / elapsed);
  // On a busy machine the process waits; its own processor time tells what an idle core would do.
  const stepsPerProcessorSecond = Math.round((counts.steps / (user + system)) * 1e6);
  if (!values.json) {
    const kinds = Object.entries(counts.kinds).map(
      ([kind, count]) => `${kind} ${Math.round((100 * count) / counts.steps)} %`,
    );
    console.log(
      `${name}: ${stepsPerSecond} steps/s (${stepsPerProcessorSecond} per second of processor time), ${Math.round(counts.observedCharacters / counts.steps)} characters each (${kinds.join(", ")})`,
    );
  }
  return {
    stepsPerSecond,
    stepsPerProcessorSecond,
    steps: counts.steps,
    seconds: elapsed,
    kinds: counts.kinds,
  };
}

function emptyCounts(): Counts {
  return { steps: 0, observedCharacters: 0, kinds: {} };
}

/** One whole episode from the start page, at most 15 steps. */
function playEpisodes(shop: Shop, random: Random, counts: Counts): void {
  const goal = random.pick(goals);
  let state = initialState({ id: "0", goal });
  for (let turn = 0; turn < 15 && state.page !== "done"; turn++) {
    state = takeStep(shop, random, state, goal, counts);
  }
}

/** An episode of which every state is forked three times, each fork taking three steps of its own. */
function playForks(shop: Shop, random: Random, counts: Counts): void {
  const goal = random.pick(goals);
  const states = [initialState({ id: "0", goal })];
  for (let turn = 0; turn < 6; turn++) {
    const last = states[states.length - 1];
    if (last === undefined || last.page === "done") break;
    states.push(takeStep(shop, random, last, goal, counts));
  }
  for (const state of states) {
    for (let fork = 0; fork < 3; fork++) {
      let forked = state;
      for (let turn = 0; turn < 3 && forked.page !== "done"; turn++) {
        forked = takeStep(shop, random, forked, goal, counts);
      }
    }
  }
}

function takeStep(shop: Shop, random: Random, state: SessionState, goal: Goal, counts: Counts): SessionState {
  const action = chooseAction(shop, random, state, goal);
  const next = stepSession(shop, state, action).state;
  counts.steps++;
  counts.observedCharacters += renderText(shop, next).length;
  const kind = kindOfAction(action, catalogue.has);
  counts.kinds[kind] = (counts.kinds[kind] ?? 0) + 1;
  return next;
}

function chooseAction(shop: Shop, random: Random, state: SessionState, goal: Goal): string {
  if (state.page === "index" || random.chance(0.1)) {
    // A search in the words of the goal, nearly always a new one.
    return `search[${random.sample(goal.instruction.split(" "), 6).join(" ")}]`;
  }
  return random.pick(admissibleActions(shop, state));
}

function generatedCatalogue(): Catalogue {
  if (!values.json) process.stdout.write("generated catalogue; ");
  return createCatalogue(generateCatalogue({ products: 1000, seed: 1 }));
}

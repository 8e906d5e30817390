import type { Environment, Episode } from "../../src/environment/environment.ts";
import { createRandom } from "../../src/random.ts";
import type { Split, Task } from "../../src/trajectory.ts";

/** A task small enough for tests: open a row of doors. Which key opens a door follows from its colour. */
export interface DoorsTask extends Task {
  readonly colours: readonly string[];
}

export const colours = ["red", "green", "blue", "white", "black", "amber"];
export const keys = ["iron", "brass", "glass", "bone", "cedar", "copper"];
/** So many wrong keys end the episode. */
const patience = 3;

export function keyOf(colour: string): string {
  return keys[colours.indexOf(colour)] ?? "";
}

/** A row of 2 to 5 doors per task; the reward is the share of doors opened. Without snapshots, so states are replayed. */
export function doors(counts: Readonly<Record<Split, number>>, seed = 1): Environment<DoorsTask> {
  const random = createRandom(seed);
  const all = (["train", "validation", "test"] as const).flatMap((split) =>
    Array.from({ length: counts[split] }, (_, index): DoorsTask => {
      const length = 2 + random.integer(4);
      return {
        id: `${split}-${index}`,
        split,
        colours: Array.from({ length }, () => random.pick(colours)),
      };
    }),
  );
  return {
    name: "doors",
    systemPrompt: `Open every door. Answer with "Action: use KEY", where KEY is one of ${keys.join(", ")}.`,
    tasks: (split) => all.filter((task) => task.split === split),
    start: async (task) => startEpisode(task),
    actionKind: (action) => action.split(" ")[0] ?? "",
  };
}

function startEpisode(task: DoorsTask): Episode {
  let opened = 0;
  let wrong = 0;
  const look = () => `Door ${opened + 1} of ${task.colours.length} is ${task.colours[opened]}.`;
  let observation = look();
  return {
    get observation() {
      return observation;
    },
    step: async (action) => {
      const valid = action.startsWith("use ") && keys.includes(action.slice(4));
      if (!valid) return { observation, reward: 0, done: false, valid };
      if (action.slice(4) === keyOf(task.colours[opened] ?? "")) opened += 1;
      else wrong += 1;
      const done = opened === task.colours.length || wrong === patience;
      observation = done ? (opened === task.colours.length ? "All open." : "The alarm rings.") : look();
      return { observation, reward: done ? opened / task.colours.length : 0, done, valid };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

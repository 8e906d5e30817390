import { defineCommand } from "citty";
import {
  type ScienceWorldEnvironment,
  type ScienceWorldTask,
  scienceworld,
} from "../environment/scienceworld/index.ts";
import { drawErrand, type House } from "../environment/scienceworld/pretraining/errands.ts";
import { tourRooms } from "../environment/scienceworld/pretraining/tour.ts";
import { writeJsonLines } from "../formats/json-lines.ts";
import { createRandom, deriveSeed } from "../random.ts";
import { InterruptedError } from "../run/errors.ts";
import { onInterrupt } from "./interrupt.ts";
import { readNumberArgument } from "./number-argument.ts";
import { terminalProgress } from "./progress.ts";

export const scienceworldErrandsCommand = defineCommand({
  meta: {
    description: "Write errands through the rooms of training variations, to pretrain a base checkpoint on",
  },
  args: {
    out: { type: "string", description: "The file to write", valueHint: "FILE", required: true },
    tasks: {
      type: "string",
      description: "The tasks whose rooms are visited, by name; all if absent",
      valueHint: "A,B",
    },
    variations: {
      type: "string",
      description: "So many training variations of each, evenly spaced: neighbours are alike",
      valueHint: "N",
      default: "15",
    },
    documents: {
      type: "string",
      description: "How many errands are drawn",
      valueHint: "N",
      default: "10000",
    },
    seed: { type: "string", description: "The errands follow from it", valueHint: "N", default: "1" },
  },
  run: async ({ args }) => {
    const seed = readNumberArgument("seed", args.seed, { integer: true, least: 0 });
    const count = readNumberArgument("documents", args.documents, { integer: true, least: 1 });
    const variations = readNumberArgument("variations", args.variations, { integer: true, least: 1 });
    await using environment = scienceworld({
      splits: "official",
      ...(args.tasks === undefined ? {} : { tasks: args.tasks.split(",") }),
    });
    const tasks = [...Map.groupBy(environment.tasks("train"), ({ task }) => task).values()].flatMap((kind) =>
      evenlySpaced(kind, variations),
    );
    const houses = await tourAll(environment, tasks);
    const errands = Array.from(
      { length: count },
      (_, index) => drawErrand(createRandom(deriveSeed("errand", seed, index)), houses) ?? [],
    ).flat();
    const written = await writeJsonLines(args.out, errands);
    console.log(`Wrote ${written} errands in the rooms of ${houses.length} variations to ${args.out}.`);
  },
});

/** As many tours at once as there are simulators. */
async function tourAll(
  environment: ScienceWorldEnvironment,
  tasks: readonly ScienceWorldTask[],
): Promise<readonly House[]> {
  const signal = onInterrupt(
    new InterruptedError("Stopped. Nothing was written.", "Run the same command again to begin anew."),
  );
  const work = terminalProgress().begin("rooms of variations", tasks.length);
  let finished = 0;
  const houses = await Promise.all(
    tasks.map(async (task) => {
      const house = await tourRooms(environment, task, signal);
      finished += 1;
      work.update(finished);
      return house;
    }),
  );
  work.end();
  return houses;
}

function evenlySpaced<T>(items: readonly T[], count: number): readonly T[] {
  return items.filter(
    (_, index) =>
      Math.floor((index * count) / items.length) !== Math.floor(((index - 1) * count) / items.length),
  );
}

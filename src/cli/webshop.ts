import { defineCommand } from "citty";

export const examples = [
  "eef webshop replay --data webshop/data episodes.json",
  "eef webshop splits --data webshop/data --goals synthetic --by product --test 500 --validation 200",
];

/** What can be done with the benchmark's own files. */
export const webshopCommand = defineCommand({
  meta: { description: "Check WebShop's files: replay recorded episodes, look at the splits of the goals" },
  subCommands: {
    replay: () => import("./webshop-replay.ts").then((module) => module.webshopReplayCommand),
    splits: () => import("./webshop-splits.ts").then((module) => module.webshopSplitsCommand),
  },
});

export default webshopCommand;

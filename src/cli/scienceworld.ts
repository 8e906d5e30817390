import { defineCommand } from "citty";

export const examples = [
  "eef scienceworld install",
  "eef scienceworld install --jar scienceworld.jar",
  "eef scienceworld replay episodes.jsonl.gz",
  "eef scienceworld expert --kind spoiled-gold --tasks 48 --out spoiled.jsonl",
  "eef scienceworld errands --out errands.jsonl      # documents for eef pretrain --documents",
];

/** ScienceWorld's simulator: getting it, checking it against recorded episodes, and its own solutions. */
export const scienceworldCommand = defineCommand({
  meta: {
    description:
      "ScienceWorld's simulator: install it, replay recorded episodes, write experts' ones and errands",
  },
  subCommands: {
    install: () => import("./scienceworld-install.ts").then((module) => module.scienceworldInstallCommand),
    replay: () => import("./scienceworld-replay.ts").then((module) => module.scienceworldReplayCommand),
    expert: () => import("./scienceworld-expert.ts").then((module) => module.scienceworldExpertCommand),
    errands: () => import("./scienceworld-errands.ts").then((module) => module.scienceworldErrandsCommand),
  },
});

export default scienceworldCommand;

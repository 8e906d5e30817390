import { defineCommand } from "citty";
import { EefError } from "../errors.ts";
import { isStream } from "../files.ts";
import type { ImportedTrajectory } from "../formats/format.ts";
import { readTrajectories, trajectoryFormats } from "../formats/formats.ts";
import { writeTrajectories } from "../formats/native.ts";
import { restorationNote, restoreEpisodes } from "../formats/restore-episodes.ts";
import type { Trajectory } from "../trajectory.ts";
import { droppedFieldsNote } from "./dropped-fields.ts";
import { readNumberArgument } from "./number-argument.ts";
import { refuseOverwriting, speakerFor } from "./output-file.ts";
import { collectRejectedRows } from "./rejected-rows.ts";
import { endWhereUnread } from "./standard-output.ts";

export const examples = [
  "eef import react_500.jsonl --format webshop-react --out trajectories.jsonl",
  "eef import episodes.jsonl --policy gpt-4 --out gpt-4.jsonl",
  "eef import webshop_sft.json --format eto --out eto.jsonl",
  "eef import agentgym.json --reward 1 --out wins.jsonl",
  "eef import react_500.jsonl --goals webshop-data --out restored.jsonl",
];

export default defineCommand({
  meta: { description: "Bring recorded trajectories of another format into this project's own" },
  args: {
    file: { type: "positional", description: "The file to read; - is standard input", required: true },
    format: {
      type: "string",
      description: `Its format, if not to be recognised: ${trajectoryFormats.map(({ name }) => name).join(", ")}`,
      valueHint: "NAME",
    },
    policy: { type: "string", description: "Name of who acted", valueHint: "NAME" },
    reward: {
      type: "string",
      description: "Final reward, 0 to 1, of episodes whose record holds none",
      valueHint: "NUMBER",
    },
    skip: {
      type: "string",
      description: "How many messages stand before the first observation, where they are not recognised",
      valueHint: "N",
    },
    goals: {
      type: "string",
      description:
        "Keep the episodes whose goal is among those of WebShop's files in this folder, played again in that shop",
      valueHint: "DIR",
    },
    out: {
      type: "string",
      description: "The file to write; - is standard output",
      valueHint: "FILE",
      required: true,
    },
  },
  run: async ({ args }) => {
    const reward = readNumberArgument("reward", args.reward, { integer: false, least: 0, most: 1 });
    const skip = readNumberArgument("skip", args.skip, { integer: true, least: 0, most: 1000 });
    const say = speakerFor(args.out);
    const rejected = collectRejectedRows(args.out);
    refuseOverwriting([args.file], [args.out, rejected.file]);
    if (isStream(args.out)) endWhereUnread();
    const options = {
      ...(args.format === undefined ? {} : { format: args.format }),
      ...(args.policy === undefined ? {} : { policy: args.policy }),
      ...(reward === undefined ? {} : { reward }),
      ...(skip === undefined ? {} : { skip }),
      onRejected: rejected.add,
    };
    const episodes: ImportedTrajectory[] = [];
    for await (const episode of readTrajectories(args.file, options)) episodes.push(episode);
    rejected.report();
    if (episodes.length === 0) {
      rejected.throwFirst();
      throw new EefError(`${args.file} holds no trajectory.`, { hint: "Is it the right file?" });
    }
    const trajectories =
      args.goals === undefined
        ? episodes.map(({ trajectory }) => trajectory)
        : await restoreInWebShop(episodes, args.goals, say);
    if (trajectories.length === 0) {
      throw new EefError(`There is nothing to write: no episode has a goal of ${args.goals}.`, {
        hint: "Is it the folder of the shop in which they were recorded?",
      });
    }
    const count = await writeTrajectories(args.out, trajectories);
    const note = droppedFieldsNote(
      episodes.map(({ dropped = {} }) => dropped),
      "a trajectory",
    );
    if (note !== "") say(note);
    const next = isStream(args.out) ? "" : ` \`eef summary ${args.out}\` tells what they hold.`;
    say(`Wrote ${count} trajectories to ${args.out}.${next}`);
  },
});

/** The shop is loaded only if it is asked for. */
async function restoreInWebShop(
  episodes: readonly ImportedTrajectory[],
  folder: string,
  say: (line: string) => void,
): Promise<readonly Trajectory[]> {
  const { humanGoals, loadCatalogue, syntheticGoals, webshop } = await import(
    "../environment/webshop/index.ts"
  );
  const catalogue = loadCatalogue(folder);
  const environment = webshop({
    catalogue,
    goals: { train: [...humanGoals(catalogue), ...syntheticGoals(catalogue)] },
  });
  const restored = await restoreEpisodes(
    episodes,
    environment,
    environment.tasks("train"),
    (task) => task.goal.instruction,
  );
  say(restorationNote(restored));
  return restored.trajectories;
}

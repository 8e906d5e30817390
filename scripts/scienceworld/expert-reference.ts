/**
 * How well the stand-in expert of the comparison plays the held-out test goals that its students are tested on. Nothing is trained
 * on these episodes. Needs Java and the simulator; takes minutes.
 *
 *     npx node scripts/scienceworld/expert-reference.ts
 *     npx node scripts/scienceworld/expert-reference.ts --seeds 1,2
 */
import { join } from "node:path";
import { terminalProgress } from "../../src/cli/progress.ts";
import { writeFileAtomically } from "../../src/files.ts";
import { playSpoiledGold, scienceworld, type Trajectory } from "../../src/index.ts";
import { decimal, percent } from "../../src/report/number-format.ts";
import { mean } from "../../src/report/statistics.ts";
import { markdownTable } from "../../src/report/text-table.ts";
import { isWin } from "../../src/trajectory.ts";
import { parseSeed, parseStudyOptions, runStudyScript } from "../reproduce/study-command.ts";
import { mistakeRate } from "./experts.ts";
import { goalsPerKind, shortKinds, withGoalsOfSeed } from "./goals.ts";

const options = {
  seeds: { type: "string", default: "1,2,3" },
  out: { type: "string", default: join(import.meta.dirname, "../../docs/results/scienceworld-expert.md") },
} as const;

await runStudyScript(async (signal) => {
  const values = parseStudyOptions(options);
  const seeds = values.seeds.split(",").map((part) => parseSeed("--seeds", part));
  // As the comparison plays, but for what a student sees, which an expert does not look at.
  await using all = scienceworld({ splits: "official", tasks: shortKinds });
  const goals = seeds.flatMap((seed) => {
    const environment = withGoalsOfSeed(all, seed);
    return environment.tasks("test").map((task) => ({ environment, seed, task }));
  });
  const work = terminalProgress().begin("episodes of the expert", goals.length);
  let finished = 0;
  // As many at once as there are simulators.
  const played = await Promise.all(
    goals.map(async ({ environment, seed, task }) => {
      const trajectories: Trajectory[] = [];
      const playing = playSpoiledGold({ environment, tasks: [task], seed, rate: mistakeRate, signal });
      for await (const trajectory of playing) trajectories.push(trajectory);
      work.update(++finished);
      return { kind: task.task, trajectories };
    }),
  );
  work.end();
  const byKind = shortKinds.map((kind) => played.filter((each) => each.kind === kind));
  const rows = [
    [
      "spoiled-gold",
      ...[...byKind, played].map((each) => winsAndReward(each.flatMap((one) => one.trajectories))),
    ],
  ];
  const columns = ["win %, reward", ...shortKinds, "all"].map(
    (title, index) => ({ title, align: index === 0 ? "left" : "right" }) as const,
  );
  const command = `npx node scripts/scienceworld/expert-reference.ts --seeds ${seeds.join(",")}`;
  writeFileAtomically(
    values.out,
    `${[
      "# The expert on the test goals of ScienceWorld",
      "Written by the command below.",
      `\`\`\`sh\n${command}\n\`\`\``,
      [
        "A reference for [the comparison of the methods](scienceworld-learning.md): its stand-in expert, the simulator's own solution with",
        `mistakes at ${percent(mistakeRate)}% of the steps, on the ${goalsPerKind.test} test goals of each kind that each seed has. It knows each task's solution, mistakes`,
        "aside, before it begins: no student can know as much.",
      ].join("\n"),
      markdownTable(columns, rows),
      `Of ${seeds.length * goalsPerKind.test} episodes of each kind: share won, and mean reward, within the benchmark's limits of steps.`,
    ].join("\n\n")}\n`,
  );
  console.error(`Written to ${values.out}`);
  return 0;
});

function winsAndReward(trajectories: readonly Trajectory[]): string {
  const reward = mean(trajectories.map((each) => each.reward));
  return `${percent(trajectories.filter(isWin).length / trajectories.length)} ${decimal(reward, 2)}`;
}

/**
 * Kills a run with SIGKILL at random moments, again and again, and checks that it ends with exactly the results of an
 * unbroken run (all but the seconds). Without arguments: 200 kills of the toy run of the tests, a few minutes.
 *
 *     npx node scripts/kill-restart.ts
 *     npx node scripts/kill-restart.ts --kills 20 --config my.config.ts --name my-run
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { createRandom } from "../src/random.ts";
import { type Job, runAndKill, runFolder, runToTheEnd, toyJob } from "../test/killed-runs.ts";
import { runContents } from "../test/run-contents.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    config: { type: "string" },
    name: { type: "string", default: "killed" },
  },
});
const { config, name } = values;
const job: Job =
  config === undefined
    ? toyJob
    : {
        commandLine: (folder) => [config, "--name", name, "--output", join(folder, "runs")],
        runName: name,
      };

const folder = mkdtempSync(join(tmpdir(), "eef-kill-restart-"));
const random = createRandom(Number(values.seed));
const wanted = Number(values.kills);

const duration = await runToTheEnd(join(folder, "unbroken"), job);
const unbroken = runContents(runFolder(join(folder, "unbroken"), job));
console.log(`An unbroken run works for ${(duration / 1000).toFixed(1)} s.`);

let kills = 0;
let runs = 0;
while (kills < wanted) {
  const place = join(folder, `run-${runs}`);
  let killsOfRun = 0;
  while (kills < wanted && (await runAndKill(place, random, duration / 2, job)) === "killed") {
    kills += 1;
    killsOfRun += 1;
  }
  await runToTheEnd(place, job);
  runs += 1;
  const contents = runContents(runFolder(place, job));
  const different = Object.keys({ ...unbroken, ...contents }).filter(
    (key) => !isDeepStrictEqual(contents[key], unbroken[key]),
  );
  if (different.length > 0) {
    throw new Error(
      `After ${killsOfRun} kills ${runFolder(place, job)} differs from the unbroken run in ${different.join(", ")}`,
    );
  }
  console.log(`Run ${runs}: ${killsOfRun} kills, equal to the unbroken run (${kills} of ${wanted} kills).`);
  rmSync(place, { recursive: true });
}
rmSync(folder, { recursive: true });
console.log(`${kills} kills, ${runs} runs, all equal to the unbroken run.`);

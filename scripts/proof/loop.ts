/**
 * Proves the whole loop with other people's programs: TRL trains, `transformers serve` serves, and the student is what that server
 * answers, from the shipped base checkpoint on. The configuration beside this file is run twice with `eef run`: once without a break,
 * and once killed in a training and interrupted in an exploration, which must give the same students and results. Then this project's own
 * decoder is asked again in the states of the last student's test episodes.
 *
 *     python -m venv VENV && VENV/bin/pip install trl 'transformers[serving]'
 *     node scripts/proof/loop.ts VENV [OUT.md [FOLDER]]
 *
 * In a folder of its own the runs are kept, and not done again by the same command.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { readResults, readRunDirectory } from "../../src/index.ts";
import { askAgain, compareTokens, readStudentEpisodes } from "./loop-checks.ts";
import { describeVersions, type ProofPage, writeProof } from "./page.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const config = fileURLToPath(new URL("loop.config.ts", import.meta.url));

const runEndSchema = z.object({
  code: z.number().nullable(),
  signal: z.string().nullable(),
  output: z.string(),
  seconds: z.number(),
});
type RunEnd = z.infer<typeof runEndSchema>;

const runsSchema = z.object({
  whole: runEndSchema,
  killed: runEndSchema,
  interrupted: runEndSchema,
  resumed: runEndSchema,
  /** After the kill and the interruption, until neither trainer nor server was left. */
  secondsLeft: z.array(z.number()),
});

async function runBoth(
  page: ProofPage,
  unbroken: string,
  broken: string,
): Promise<z.infer<typeof runsSchema>> {
  const noted = join(page.folder, "runs.json");
  if (existsSync(noted)) return runsSchema.parse(JSON.parse(readFileSync(noted, "utf8")));
  // What an earlier start of this script left would make neither an unbroken run nor one that was broken as told here.
  for (const folder of [unbroken, broken]) rmSync(folder, { recursive: true, force: true });
  const whole = await run(page, unbroken);
  // Transformers writes this file of a checkpoint last.
  const saved = join(broken, "loop/checkpoints/eef-1.training/output/checkpoint-*/trainer_state.json");
  const killed = await run(page, broken, { when: () => globSync(saved).length > 0, signal: "SIGKILL" });
  const secondsLeft = [await untilNothingIsLeft(broken)];
  const half = /EEF, iteration 2, explore: ([5-9]|1\d)\//;
  const interrupted = await run(page, broken, { when: (progress) => half.test(progress), signal: "SIGINT" });
  secondsLeft.push(await untilNothingIsLeft(broken));
  const resumed = await run(page, broken);
  const runs = { whole, killed, interrupted, resumed, secondsLeft };
  writeFileSync(noted, JSON.stringify(runs));
  return runs;
}

/** Runs `eef run` in a folder, to the end or until something is so; then it gets the signal, once. */
async function run(
  { bin }: ProofPage,
  output: string,
  stop?: { readonly when: (progress: string) => boolean; readonly signal: NodeJS.Signals },
): Promise<RunEnd> {
  const started = performance.now();
  const child = spawn(process.execPath, [main, "run", config, "--output", output], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, EEF_PROOF_BIN: bin, HF_HUB_OFFLINE: "1" },
  });
  let text = "";
  let progress = "";
  child.stdout.on("data", (chunk) => {
    text += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    process.stderr.write(chunk);
    progress += String(chunk);
  });
  const watch = setInterval(() => {
    if (stop?.when(progress) !== true) return;
    clearInterval(watch);
    child.kill(stop.signal);
  }, 100);
  const [code, signal] = await once(child, "close");
  clearInterval(watch);
  return { code, signal, output: text, seconds: (performance.now() - started) / 1000 };
}

/**
 * @returns Seconds until no process names the folder in its command line: neither trainer nor server.
 * @throws Error if there is still one after ten minutes.
 */
async function untilNothingIsLeft(folder: string): Promise<number> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  for (;;) {
    const left = readdirSync("/proc").filter(
      (name) => /^\d+$/.test(name) && commandLine(name).includes(folder),
    );
    if (left.length === 0) return seconds();
    if (seconds() > 600) throw new Error(`the processes ${left.join(", ")} are left of the run in ${folder}`);
    await setTimeout(200);
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Which fine-tunings' logs begin more than once. */
function startedAgain(output: string): string[] {
  const checkpoints = join(output, "loop", "checkpoints");
  return readdirSync(checkpoints)
    .filter((name) => name.endsWith(".training"))
    .flatMap((name) => {
      const starts = readFileSync(join(checkpoints, name, "log.txt"), "utf8").match(/^\$ /gm)?.length ?? 0;
      const config = readFileSync(join(checkpoints, name, "config.yaml"), "utf8");
      const from = /resume_from_checkpoint: .*(checkpoint-\d+)/.exec(config)?.[1];
      return starts > 1
        ? [`${name.replace(".training", "")} (${starts} times, from ${from ?? "its start"})`]
        : [];
    });
}

/** The episodes of a run's students, without what was measured of them. The server calls a student by its place, which errors name. */
function playedIn(output: string) {
  return readStudentEpisodes(join(output, "loop")).map(({ usage: _, error, ...episode }) => ({
    ...episode,
    error: error?.message.replaceAll(output, ""),
  }));
}

function describeEnd({ code, signal }: RunEnd): string {
  return signal === null ? `exit code ${code}` : `ended by ${signal}`;
}

function minutes(seconds: number): string {
  return `${(seconds / 60).toFixed(0)} minutes`;
}

await writeProof("trl and transformers[serving]", async (page) => {
  const { folder, say, expect } = page;
  const [unbroken, broken] = [join(folder, "unbroken"), join(folder, "broken")];
  const { whole, killed, interrupted, resumed, secondsLeft } = await runBoth(page, unbroken, broken);
  const [one, other] = [unbroken, broken].map((place) => {
    using directory = readRunDirectory(join(place, "loop"));
    return readResults(directory).evaluations.map(({ method, iteration, policyVersion, perTask }) => ({
      method,
      iteration,
      policyVersion,
      perTask,
    }));
  });
  const episodes = [unbroken, broken].map(playedIn);
  const equal = isDeepStrictEqual(one, other) && isDeepStrictEqual(episodes[0], episodes[1]);
  expect(equal && whole.code === 0 && resumed.code === 0);
  const again = startedAgain(broken);
  expect(
    killed.signal === "SIGKILL" &&
      again.some((text) => text.includes("checkpoint-")) &&
      interrupted.code === 130,
  );
  const last = join(unbroken, "loop", "checkpoints", "eef-2");
  const tokens = await compareTokens(page, join(unbroken, "loop"), last);
  const asked = await askAgain(join(unbroken, "loop"), last);
  expect(tokens.tokens > 0 && tokens.different === 0 && asked.messages > 0 && asked.different === 0);

  say(
    "# Proof: the whole loop with TRL and `transformers serve`",
    "",
    `${describeVersions(tokens.versions)}, on a CPU (${availableParallelism()} cores). Made by \`node scripts/proof/loop.ts VENV docs/results/proof-loop.md\`, which says how to make the environment. The configuration is [loop.config.ts](../../scripts/proof/loop.config.ts): SFT and two iterations of EEF on 12 training and 6 test goals of the generated shop, \`trlTrainer\` and \`restartedServer\`, from the shipped base checkpoint. So small a run says nothing about the methods.`,
    "",
    "```",
    whole.output.trim(),
    "```",
    "",
    "| what was done | outcome |",
    "| --- | --- |",
    `| \`eef run\` without a break | exit code ${whole.code}, ${minutes(whole.seconds)} |`,
    `| the same elsewhere, \`kill -9\` in EEF's first fine-tuning | ${describeEnd(killed)}; nothing of it was left after ${secondsLeft[0]?.toFixed(1)} s |`,
    `| the same command again, Ctrl-C in the exploration of the second iteration | ${describeEnd(interrupted)}; nothing of it was left after ${secondsLeft[1]?.toFixed(1)} s |`,
    `| the same command again | exit code ${resumed.code} |`,
    `| fine-tunings that TRL was started for more than once | ${again.join(", ") || "none"} |`,
    `| students (hashes of their weights), test results and all ${episodes[0]?.length} episodes of the students in both runs | ${equal ? "equal" : "**different**"} |`,
    `| the students' conversations, tokenised by Transformers as the server does it (base and last student) and by us | ${tokens.tokens} tokens in ${tokens.conversations} episodes, ${tokens.different} different |`,
    `| tokens that the server counted up to the last message of an episode | as many as we do in ${tokens.counted.equal} episodes; more in ${tokens.counted.more}, whose last message went on behind its action and was cut; fewer in ${tokens.counted.fewer}, whose last message we tokenise into more tokens than the model wrote |`,
    `| the last student's messages in its test episodes, written again by the embedded decoder in the same states | ${asked.messages} messages, ${asked.different} different |`,
  );
});

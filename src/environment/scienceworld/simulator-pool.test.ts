import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Policy } from "../../policy/policy.ts";
import { localExecutor } from "../../rollout/local.ts";
import type { Trajectory } from "../../trajectory.ts";
import { type ScienceWorldEnvironment, scienceworld } from "./environment.ts";
import { defaultPoolSize } from "./simulator-pool.ts";
import { needsSimulator, requireTestJar, testJar, untilEnded } from "./test-simulator.test-helpers.ts";

const minute = 60_000;

/** The JVMs that a process started, without those that have ended. */
function jvmsOf(parent: number): number[] {
  try {
    const lines = execFileSync("ps", ["-o", "pid=,stat=,comm=", "--ppid", String(parent)], {
      encoding: "utf8",
    });
    return lines
      .split("\n")
      .filter((line) => /^\s*\d+\s+[^Z]\S*\s+java$/.test(line))
      .map((line) => Number.parseInt(line, 10));
  } catch {
    return []; // It has no children.
  }
}

it("there is one simulator for each core, as long as memory suffices, and at least one", () => {
  expect(defaultPoolSize(512)).toBeGreaterThanOrEqual(1);
  expect(defaultPoolSize(2 ** 30)).toBe(1);
});

describe.skipIf(testJar === undefined || process.platform === "win32")(
  `simulators (${needsSimulator})`,
  () => {
    let environment: ScienceWorldEnvironment;
    beforeAll(() => {
      environment = scienceworld({
        jar: requireTestJar().file,
        tasks: ["lifespan-longest-lived", "find-animal"],
        variationsPerTask: { train: 1 },
        simulators: 1,
        // Long enough for a step on a busy machine.
        silence: 6000,
      });
    });
    afterAll(() => environment[Symbol.asyncDispose]());

    /** Does the same in every episode; `disturb` is told before every turn. */
    async function play(disturb: (taskId: string, turn: number) => void): Promise<Trajectory[]> {
      const actions = ["teleport to outside", "look around", "wait1", "focus on air"];
      const policy: Policy = {
        name: "the same",
        version: "1",
        act: async ({ messages, turn }) => {
          disturb(/longest life span/.test(messages[1]?.content ?? "") ? "lifespan" : "animal", turn);
          return { message: `Action: ${actions[turn]}`, promptTokens: 0, generatedTokens: 0 };
        },
        [Symbol.asyncDispose]: async () => undefined,
      };
      const requests = environment.tasks("train").map((task) => {
        const id = `of ${task.id}`;
        return { id, kind: "simulation", task, seed: 1, temperature: 0, maximumSteps: 4 } as const;
      });
      const played: Trajectory[] = [];
      for await (const trajectory of localExecutor().run(requests, { environment, policy })) {
        played.push({ ...trajectory, usage: { ...trajectory.usage, seconds: 0 } });
      }
      return played.toSorted((left, right) => (left.id < right.id ? -1 : 1));
    }

    it(
      "that are killed or hang are replaced, and no episode ends otherwise for it",
      async () => {
        const undisturbed = await play(() => undefined);
        expect(undisturbed.map(({ stopReason, steps }) => [stopReason, steps.length])).toEqual([
          ["done", 4],
          ["done", 4],
        ]);
        expect(environment.incidents()).toEqual([]);
        const disturbed = await play((task, turn) => {
          const signal = turn !== 2 ? undefined : task === "lifespan" ? "SIGKILL" : "SIGSTOP";
          if (signal !== undefined) for (const pid of jvmsOf(process.pid)) process.kill(pid, signal);
        });
        expect(disturbed).toEqual(undisturbed);
        const [killed, hung, ...others] = environment
          .incidents()
          .toSorted(({ taskId: left }) => (left.includes("lifespan") ? -1 : 1));
        expect(killed?.taskId).toBe("scienceworld-train-lifespan-longest-lived-0");
        // On a busy machine a JVM may answer once more before the signal reaches it.
        expect(killed?.what).toMatch(
          /Java was ended by SIGKILL\. That was after [23] steps, which were replayed/,
        );
        expect(hung?.taskId).toMatch(/^scienceworld-train-find-animal-/);
        expect(hung?.what).toMatch(/no answer within 6 s\. That was after [23] steps/);
        expect(others).toEqual([]);
        expect(environment.replays()).toEqual({ reached: 2, diverged: [] });
        expect(jvmsOf(process.pid)).toHaveLength(1);
      },
      3 * minute,
    );

    it(
      "are waited for until the wait is given up, and the next in line gets its turn",
      async () => {
        const [task] = environment.tasks("train");
        if (task === undefined) throw new Error("no task");
        await using lease = await environment.lease();
        const controller = new AbortController();
        const first = environment.start(task, { signal: controller.signal });
        const second = environment.lease();
        controller.abort(new Error("enough"));
        await expect(first).rejects.toThrow("enough");
        await lease[Symbol.asyncDispose]();
        await (await second)[Symbol.asyncDispose]();
      },
      minute,
    );

    it(
      "are new ones where that is asked for",
      async () => {
        const used = await environment.lease();
        const { pid } = used.simulator;
        await used[Symbol.asyncDispose]();
        await using fresh = await environment.lease({ isFresh: true });
        expect(fresh.simulator.pid).not.toBe(pid);
        await untilEnded(pid);
      },
      minute,
    );

    it(
      "end with the environment, and it takes no more episodes",
      async () => {
        await environment[Symbol.asyncDispose]();
        expect(jvmsOf(process.pid)).toEqual([]);
        await expect(environment.lease()).rejects.toThrow(/was closed/);
      },
      minute,
    );

    const program = (body: string) => `
    const { scienceworld } = await import(${JSON.stringify(fileURLToPath(new URL("environment.ts", import.meta.url)))});
    const environment = scienceworld({ jar: ${JSON.stringify(requireTestJar().file)}, simulators: 2 });
    const [one, other] = environment.tasks("train");
    ${body}`;
    const playing = `
    const episodes = await Promise.all([environment.start(one), environment.start(other)]);
    console.log("plays");
    for (;;) for (const episode of episodes) await episode.step("wait1");`;
    const done = `
    await (await environment.start(one))[Symbol.asyncDispose]();
    console.log("is done");`;

    it.each([
      ["is killed while it plays", playing, "plays", "SIGKILL", 2],
      ["is killed while one starts", "await environment.start(one);", undefined, "SIGKILL", 1],
      ["is interrupted", playing, "plays", "SIGINT", 2],
      ["is done", done, "is done", undefined, 1],
    ] as const)(
      "do not outlive a process that %s",
      async (_, body, said, signal, count) => {
        const parent = spawn(process.execPath, ["--input-type=module", "-e", program(body)], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const ended = once(parent, "exit");
        const spoke = once(parent.stdout, "data");
        const { pid = 0 } = parent;
        let jvms: number[] = [];
        while (jvms.length < count) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          jvms = jvmsOf(pid);
        }
        if (said !== undefined) expect(String(await spoke)).toContain(said);
        if (signal !== undefined) parent.kill(signal);
        await ended;
        for (const jvm of jvms) await untilEnded(jvm);
      },
      2 * minute,
    );
  },
);

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { SimulatorLostError } from "./errors.ts";
import { GatewayConnection } from "./gateway/connection.ts";
import { startJava } from "./gateway/java-process.ts";
import { findJava, javaCommand, parseJavaVersion } from "./java.ts";
import { type Simulator, startSimulator } from "./simulator.ts";
import {
  isRunning,
  needsSimulator,
  requireTestJar,
  testJar,
  untilEnded,
} from "./test-simulator.test-helpers.ts";

// A skipped test is only counted, so that it needs something is said once here.
if (testJar === undefined) console.warn(`ScienceWorld's tests are skipped: each ${needsSimulator}.`);

const minute = 60_000;
const boil = { task: "boil", variation: 0, simplifications: "easy" };

it.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "21" 2023-09-19', 21],
  ["command not found", undefined],
])("%s is Java %s", (text, version) => {
  expect(parseJavaVersion(text)).toBe(version);
});

it("a Java that is not there is named, with what to do", async () => {
  const starting = startSimulator({ jar: { file: "any.jar" }, java: "/nowhere/java" });
  await expect(starting).rejects.toMatchObject({
    message: expect.stringContaining("/nowhere/java"),
    hint: expect.stringContaining("JAVA_HOME"),
  });
});

describe.skipIf(process.platform === "win32")("a program that stands in for Java", () => {
  const folder = mkdtempSync(join(tmpdir(), "eef-java-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const program = (name: string, ...lines: string[]) => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${lines.join("\n")}\n`, { mode: 0o755 });
    return file;
  };
  const starting = (java: string, signal?: AbortSignal) =>
    startSimulator({ jar: { file: "any.jar" }, java, ...(signal === undefined ? {} : { signal }) });

  it("and is too old for the jar is refused, with what to do", async () => {
    const old = program(
      "old",
      `[ "$1" = -version ] && echo 'java version "1.7.0"' && exit`,
      "echo java.lang.UnsupportedClassVersionError: 52.0 >&2",
      "exit 1",
    );
    await expect(starting(old)).rejects.toMatchObject({
      message: expect.stringContaining("Java cannot run the simulator"),
      hint: expect.stringContaining("Java 8 or newer"),
    });
  });

  it("and says something else than a port is refused, and ended", async () => {
    const pidFile = join(folder, "pid-of-odd");
    const odd = program("odd", `echo $$ > ${pidFile}`, "echo Welcome", "exec sleep 100");
    await expect(starting(odd)).rejects.toThrow(/did not start \(.*odd\): Welcome/);
    expect(isRunning(Number(readFileSync(pidFile, "utf8")))).toBe(false);
  });

  it("and fails is named, and no jar is blamed", async () => {
    const broken = program("broken", "echo no runtime >&2", "exit 1");
    await expect(starting(broken)).rejects.toMatchObject({
      message: `Java does not work (${broken}): no runtime`,
      hint: expect.stringContaining("it ended with code 1: no runtime"),
    });
  });

  it("and does not answer, or tells no version, is no usable Java", async () => {
    const silent = program("hangs", "exec sleep 100");
    expect(await findJava(silent, 300)).toMatchObject({
      isMissing: false,
      problem: "it gave no answer within 0.3 seconds",
    });
    expect(await findJava(program("chatty", "echo hello"))).toMatchObject({ problem: "it tells no version" });
    expect(await findJava("/nowhere/java")).toMatchObject({ isMissing: true });
  });

  it("and says nothing is ended when the start is given up", async () => {
    const pidFile = join(folder, "pid-of-silent");
    const silent = program("silent", `echo $$ > ${pidFile}`, "exec sleep 100");
    const controller = new AbortController();
    const start = starting(silent, controller.signal);
    while (!existsSync(pidFile)) await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort(new Error("enough"));
    await expect(start).rejects.toThrow("enough");
    expect(isRunning(Number(readFileSync(pidFile, "utf8")))).toBe(false);
    await expect(starting(silent, controller.signal)).rejects.toThrow("enough");
  });
});

describe.skipIf(testJar === undefined)(`the simulator (${needsSimulator})`, () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ jar: requireTestJar() });
  }, minute);
  afterAll(async () => {
    await simulator[Symbol.asyncDispose]();
    expect(isRunning(simulator.pid)).toBe(false);
  });

  it(
    "knows the benchmark's tasks",
    async () => {
      expect(await simulator.taskNames()).toHaveLength(30);
      expect(await simulator.variations("boil")).toBe(30);
    },
    minute,
  );

  it(
    "plays an episode, and the same actions give the same episode again, sent one by one or at once",
    async () => {
      const actions = [
        "open door to kitchen",
        "go to kitchen",
        "look around",
        "focus on sink",
        "no such action",
      ];
      const first = await simulator.load(boil);
      expect(first.description).toMatch(/^Your task is to boil/);
      expect(first.look).toMatch(/^This room is called/);
      const steps = [];
      for (const action of actions) steps.push(await simulator.step(action));
      expect(steps.at(-1)?.observation).toBe("No known action matches that input.");
      expect(await simulator.load(boil)).toEqual(first);
      expect(await simulator.steps(actions)).toEqual(steps);
    },
    minute,
  );

  it(
    "lists what can be done",
    async () => {
      await simulator.load(boil);
      expect(await simulator.validActions()).toContain("look around");
    },
    minute,
  );

  it(
    "lists the same where nothing was done in between, though it draws lots for the names of like things",
    async () => {
      await simulator.load({ ...boil, task: "grow-fruit", variation: 53 });
      const first = await simulator.validActions();
      expect(await simulator.validActions()).toEqual(first);
    },
    minute,
  );

  it(
    "says what it does not load",
    async () => {
      await expect(simulator.load({ ...boil, variation: 99 })).rejects.toThrow(/variation \(99\) exceeds/);
      await expect(simulator.load({ ...boil, task: "no-task" })).rejects.toThrow(/Unknown task/);
    },
    minute,
  );

  it.each(["look\naround", "look\u0000", "a".repeat(1001)])("takes no action like %j", async (action) => {
    await expect(simulator.step(action)).rejects.toThrow(/one line of at most 1000 characters/);
  });

  it(
    "lets nobody else in",
    async () => {
      const socket = connect({ host: "127.0.0.1", port: simulator.port });
      await expect(once(socket, "connect")).rejects.toThrow(/ECONNREFUSED/);
    },
    minute,
  );

  it.skipIf(process.platform === "win32")(
    "that a script starts ends with the script, even where the JVM is stopped",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "eef-script-"));
      const script = join(folder, "java");
      writeFileSync(script, `#!/bin/sh\n${javaCommand()} "$@"\n`, { mode: 0o755 });
      const wrapped = await startSimulator({ jar: requireTestJar(), java: script });
      const jvm = Number(
        execFileSync("ps", ["-o", "pid=", "--ppid", String(wrapped.pid)], { encoding: "utf8" }),
      );
      expect(isRunning(jvm)).toBe(true);
      process.kill(jvm, "SIGSTOP");
      await wrapped[Symbol.asyncDispose]();
      await untilEnded(jvm);
      rmSync(folder, { recursive: true });
    },
    minute,
  );

  it(
    "writes nothing beside its jar, and leaves no file behind",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "eef-tmp-"));
      vi.stubEnv("TMPDIR", folder);
      await using other = await startSimulator({ jar: requireTestJar() });
      await other.load(boil);
      expect(readdirSync(folder)).toHaveLength(1);
      expect(existsSync(join("/tmp", `hsperfdata_${userInfo().username}`, String(other.pid)))).toBe(false);
      await other[Symbol.asyncDispose]();
      expect(readdirSync(folder)).toEqual([]);
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    },
    minute,
  );

  it(
    "that hangs is noticed, and is gone once closed",
    async () => {
      await using java = await startJava({
        jar: requireTestJar().file,
        flags: ["-Xmx64m"],
      });
      const gateway = await GatewayConnection.open(java.port, 300);
      const sleeping = gateway.call("z:java.lang.Thread", "sleep", 100_000);
      await expect(sleeping).rejects.toThrow(/no answer within 0.3 s/);
      await expect(gateway.call("z:java.lang.Thread", "activeCount")).rejects.toThrow(SimulatorLostError);
      await java[Symbol.asyncDispose]();
      expect(isRunning(java.pid)).toBe(false);
    },
    minute,
  );

  it(
    "that answered while this process stood still does not count as hung",
    async () => {
      await using java = await startJava({
        jar: requireTestJar().file,
        flags: ["-Xmx64m"],
      });
      await using gateway = await GatewayConnection.open(java.port, 300);
      const sleeping = gateway.call("z:java.lang.Thread", "sleep", 10);
      await Promise.resolve(); // The call is sent now.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
      expect(await sleeping).toBeUndefined();
    },
    minute,
  );

  it(
    "that is killed fails the call under way",
    async () => {
      await using doomed = await startSimulator({ jar: requireTestJar() });
      const loading = doomed.load(boil);
      process.kill(doomed.pid, "SIGKILL");
      await expect(loading).rejects.toThrow(SimulatorLostError);
      expect(doomed.isLost).toBe(true);
    },
    minute,
  );

  it(
    "that runs out of memory ends, and says so",
    async () => {
      const playing = async () => {
        await using small = await startSimulator({ jar: requireTestJar(), heapMegabytes: 24 });
        await small.load(boil);
      };
      await expect(playing()).rejects.toThrow(/its heap was too small \(heapMegabytes\)/);
    },
    minute,
  );

  it(
    "is not started from a file that is no jar, or another jar",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "eef-jar-"));
      const file = join(folder, "other.jar");
      writeFileSync(file, "no jar");
      await expect(startSimulator({ jar: { file } })).rejects.toMatchObject({
        message: expect.stringContaining("did not start"),
        hint: expect.stringContaining("Is it ScienceWorld's jar?"),
      });
      rmSync(folder, { recursive: true });
    },
    minute,
  );
});

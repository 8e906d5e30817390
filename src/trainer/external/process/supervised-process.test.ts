import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../stand-in.test-helpers.ts";
import { isAlive } from "./alive.test-helpers.ts";
import { showsProcesses } from "./process-members.ts";
import { startSupervised } from "./supervised-process.ts";

/**
 * A launcher that does not want to stop, with a worker in a session of its own that does not want to either. Told to
 * "end", the launcher ends by itself when the worker is ready.
 */
const stubborn = `
  const worker = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready', process.pid); process.send(0)";
  const stdio = ["ignore", "inherit", "inherit", "ipc"];
  const child = require("node:child_process").spawn(process.execPath, ["-e", worker], { detached: true, stdio });
  child.on("message", () => process.argv[1] === "end" && process.exit(0));
  process.on("SIGTERM", () => {});
  setInterval(() => {}, 1000);
  console.log("launcher", process.pid);`;

function node(script: string, ...given: string[]) {
  return { program: process.execPath, arguments: ["-e", script, ...given] };
}

const options = { folder: tmpdir(), graceSeconds: 0.2 };

/** Waits until the stubborn command has said who it is. */
function processIds(): { onLine: (line: string) => void; ids: Promise<number[]> } {
  const found: number[] = [];
  const { promise, resolve } = Promise.withResolvers<number[]>();
  return {
    ids: promise,
    onLine: (line) => {
      found.push(Number(line.split(" ")[1]));
      if (found.length === 2) resolve(found);
    },
  };
}

describe("a supervised process", () => {
  it("gives its code, and its output line by line", async () => {
    const lines: string[] = [];
    const child = startSupervised(node("console.log('a\\nb'); process.stderr.write('c'); process.exit(7)"), {
      ...options,
      onLine: (line) => lines.push(line),
    });
    expect(await child.ended).toBe(7);
    expect(lines.sort()).toEqual(["a", "b", "c"]);
  });

  it("of a progress bar shows each state, and keeps the last", async () => {
    const lines: string[] = [];
    const states: string[] = [];
    const child = startSupervised(node("process.stdout.write('\\r10%\\r20%\\n\\rdone')"), {
      ...options,
      onLine: (line) => lines.push(line),
      onUpdate: (text) => states.push(text),
    });
    await child.ended;
    expect(lines).toEqual(["20%", "done"]);
    expect(states).toEqual(["10%", "20%", "done"]);
  });

  it("gives 127 for a program that does not exist, and says so", async () => {
    const lines: string[] = [];
    const child = startSupervised(
      { program: "no-such-program", arguments: [] },
      { ...options, onLine: (line) => lines.push(line) },
    );
    expect(await child.ended).toBe(127);
    expect(lines.join()).toContain("ENOENT");
  });

  it("is gone with all that it started when it is stopped", async () => {
    const { onLine, ids } = processIds();
    const child = startSupervised(node(stubborn), { ...options, onLine });
    const started = await ids;
    expect(started.every(isAlive)).toBe(true);
    await child.stop();
    expect(started.some(isAlive)).toBe(false);
    expect(await child.ended).toBe(137);
  });

  it("leaves no worker behind when it ends by itself", async () => {
    const { onLine, ids } = processIds();
    const child = startSupervised(node(stubborn, "end"), { ...options, onLine });
    const started = await ids;
    expect(await child.ended).toBe(0);
    expect(started.some(isAlive)).toBe(false);
  });

  it.skipIf(!showsProcesses)(
    "leaves no process behind that has another environment, session, output and parent",
    async () => {
      // It lives beside its parent for long enough to be seen.
      const script =
        "env -i $(command -v setsid) sleep 60 > /dev/null 2>&1 & echo daemon $!; sleep 1; exit 0";
      const lines: string[] = [];
      const child = startSupervised(
        { program: "/bin/sh", arguments: ["-c", script] },
        { ...options, onLine: (line) => lines.push(line) },
      );
      expect(await child.ended).toBe(0);
      const pid = Number(lines[0]?.split(" ")[1]);
      expect(pid).toBeGreaterThan(0);
      expect(isAlive(pid)).toBe(false);
    },
  );

  it.skipIf(!showsProcesses)("does not wait for what has got away from it", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "pid");
    // The supervisor sees nothing until nothing tells any more where this comes from; but it holds the output.
    const script = `kill -STOP $PPID
      (env -i $(command -v setsid) sleep 60 & echo $! > '${file}')
      until grep -q sleep /proc/$(cat '${file}')/comm; do sleep 0.05; done
      echo daemon $(cat '${file}'); kill -CONT $PPID`;
    const lines: string[] = [];
    const child = startSupervised(
      { program: "/bin/sh", arguments: ["-c", script] },
      { ...options, onLine: (line) => lines.push(line) },
    );
    expect(await child.ended).toBe(0);
    const pid = Number(lines[0]?.split(" ")[1]);
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
  });

  it("does not outlive whoever started it, though that is killed", async () => {
    const module = fileURLToPath(new URL("supervised-process.ts", import.meta.url));
    const parent = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { startSupervised } from ${JSON.stringify(module)};
         startSupervised(${JSON.stringify(node(stubborn))}, { folder: "/", graceSeconds: 0.2, onLine: console.log });`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const { onLine, ids } = processIds();
    parent.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      for (const line of chunk.trim().split("\n")) onLine(line);
    });
    const started = await ids;
    parent.kill("SIGKILL");
    while (started.some(isAlive)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
});

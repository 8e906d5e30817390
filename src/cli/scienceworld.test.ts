import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runCommand } from "citty";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { jarFile, jarFolder } from "../environment/scienceworld/install/jar-files.ts";
import { simulatorVersions } from "../environment/scienceworld/versions.ts";
import { checkMachine } from "./machine-checks.ts";
import { scienceworldCommand } from "./scienceworld.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-scienceworld-cli-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const run = (...rawArgs: string[]) => runCommand(scienceworldCommand, { rawArgs });

describe("eef scienceworld replay", () => {
  it("says that the simulator is not installed, and what to do", async () => {
    await expect(run("replay", "episodes.jsonl")).rejects.toMatchObject({
      message: expect.stringContaining("not installed"),
      hint: expect.stringContaining("eef scienceworld install"),
    });
  });

  it("refuses a file that holds no episodes, before anything is started", async () => {
    const jar = join(folder, "some.jar");
    writeFileSync(jar, "");
    const file = join(folder, "episodes.jsonl");
    writeFileSync(file, '{ "task": "boil" }\n');
    await expect(run("replay", file, "--jar", jar)).rejects.toThrow(/episodes\.jsonl: line 1, variation/);
    await expect(run("replay", `${file}.gz`, "--jar", jar)).rejects.toThrow(/cannot be read/);
    await expect(run("replay", file, "--jar", jar, "--every", "0")).rejects.toThrow(/--every/);
  });
});

describe("eef scienceworld install", () => {
  it("refuses a file that is not the simulator", async () => {
    const jar = join(folder, "some.jar");
    writeFileSync(jar, "no jar");
    await expect(run("install", "--jar", jar)).rejects.toThrow(/not a published jar/);
  });
});

describe("eef scienceworld expert", () => {
  it("says what is wrong with its arguments, or that the simulator is not installed", async () => {
    const out = join(folder, "gold.jsonl");
    await expect(run("expert", "--out", out, "--kind", "golden")).rejects.toThrow(/gold or spoiled-gold/);
    await expect(run("expert", "--out", out, "--tasks", "0")).rejects.toThrow(/--tasks/);
    await expect(run("expert", "--out", out, "--rate", "2")).rejects.toThrow(/--rate/);
    await expect(run("expert", "--out", out)).rejects.toThrow(/not installed/);
    expect(existsSync(out)).toBe(false);
  });
});

describe("eef scienceworld errands", () => {
  it("says what is wrong with its arguments, or that the simulator is not installed", async () => {
    const out = join(folder, "errands.jsonl");
    await expect(run("errands", "--out", out, "--documents", "0")).rejects.toThrow(/--documents/);
    await expect(run("errands", "--out", out, "--variations", "0")).rejects.toThrow(/--variations/);
    await expect(run("errands", "--out", out, "--tasks", "boyl")).rejects.toThrow(/no task "boyl"/);
    await expect(run("errands", "--out", out)).rejects.toThrow(/not installed/);
    expect(existsSync(out)).toBe(false);
  });
});

describe.skipIf(process.platform === "win32")("eef doctor", () => {
  const javaThatSays = (line: string) => {
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin", "java"), `#!/bin/sh\necho '${line}' >&2\n`, { mode: 0o755 });
    vi.stubEnv("JAVA_HOME", folder);
  };
  const found = async () => (await checkMachine()).filter(({ name }) => /java|scienceworld/.test(name));

  it("finds a Java that is too old, and no simulator", async () => {
    javaThatSays('java version "1.7.0_80"');
    expect(await found()).toEqual([
      { name: "java", ok: false, detail: "Java 7 is too old: ScienceWorld needs 8 or newer" },
      { name: "scienceworld", ok: true, detail: expect.stringContaining("eef scienceworld install") },
    ]);
  });

  it("does without Java, which only ScienceWorld needs", async () => {
    vi.stubEnv("JAVA_HOME", folder);
    expect((await found())[0]).toMatchObject({
      name: "java",
      ok: true,
      detail: expect.stringContaining("none"),
    });
  });

  it("finds a damaged simulator, and a Java that does not work", async () => {
    mkdirSync(jarFolder(), { recursive: true });
    for (const version of simulatorVersions) writeFileSync(jarFile(version), "damaged");
    javaThatSays("no runtime");
    expect(await found()).toEqual([
      { name: "java", ok: false, detail: expect.stringContaining("does not work (it tells no version)") },
      {
        name: "scienceworld",
        ok: false,
        detail: expect.stringMatching(/is damaged.*eef scienceworld install/),
      },
    ]);
  });
});

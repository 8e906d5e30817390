import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { readHuggingFaceProgress } from "./progress-reader.ts";
import { runProgram } from "./run-program.ts";
import { temporaryFolder } from "./stand-in.test-helpers.ts";

describe.skipIf(process.platform === "win32")("a program that is named by its path", () => {
  it("finds the programs beside it by their names, as in an environment that is activated", async () => {
    using folder = temporaryFolder();
    const program = join(folder.path, "trainer");
    writeFileSync(program, "#!/bin/sh\nexec eef-launcher-for-tests\n", { mode: 0o755 });
    writeFileSync(join(folder.path, "eef-launcher-for-tests"), "#!/bin/sh\necho \"{'loss': '0.5'}\"\n", {
      mode: 0o755,
    });
    const logFile = join(folder.path, "log.txt");
    const { losses } = await runProgram({
      trainer: "test",
      command: { program, arguments: [] },
      environment: {},
      folder: folder.path,
      logFile,
      graceSeconds: 1,
      readProgress: readHuggingFaceProgress,
      expectedSteps: 1,
      tokens: 1,
    });
    expect(losses).toEqual([0.5]);
    expect(readFileSync(logFile, "utf8")).toMatch(/^\$ \S+\/trainer$/m);
  });
});

describe("a program that is silent for long", () => {
  it("is noted once, and waited for", async () => {
    using folder = temporaryFolder();
    const notes: string[] = [];
    const script = "setTimeout(() => console.log('a'), 300); setTimeout(() => console.log('b'), 600)";
    const logFile = join(folder.path, "log.txt");
    await runProgram({
      trainer: "test",
      command: { program: process.execPath, arguments: ["-e", script] },
      environment: {},
      folder: folder.path,
      logFile,
      graceSeconds: 1,
      notedSilenceSeconds: 0.1,
      readProgress: readHuggingFaceProgress,
      expectedSteps: 1,
      tokens: 1,
      onNote: (text) => notes.push(text),
    });
    expect(notes).toEqual([expect.stringMatching(/^test: nothing was printed for 0.1 seconds/)]);
    expect(readFileSync(logFile, "utf8")).toMatch(/eef: nothing was printed[^\n]*\na\nb\n$/);
  });
});

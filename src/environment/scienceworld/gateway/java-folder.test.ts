import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeFolder, removeFolder } from "./java-folder.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-folders-"));
  vi.stubEnv("TMPDIR", folder);
  vi.stubEnv("TEMP", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it("what killed processes left behind is removed, and nothing else", () => {
  const { pid: ended } = spawnSync(process.execPath, ["--version"]);
  const old = (name: string) => {
    mkdirSync(join(folder, name));
    utimesSync(join(folder, name), 1, 1);
    return name;
  };
  old(`eef-scienceworld-${ended}-abc`);
  mkdirSync(join(folder, `eef-scienceworld-${ended}-new`));
  const kept = [old(`eef-scienceworld-${process.ppid}-abc`), old("eef-scienceworld-cli-abc")];
  const made = makeFolder();
  expect(readdirSync(folder).toSorted()).toEqual(
    [basename(made), `eef-scienceworld-${ended}-new`, ...kept].toSorted(),
  );
  removeFolder(made);
  expect(readdirSync(folder)).not.toContain(basename(made));
});

it("where there can be no temporary files, that is said", () => {
  rmSync(folder, { recursive: true });
  expect(makeFolder).toThrow(expect.objectContaining({ name: "FileNotWrittenError" }));
});

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFileAtomically, writePiecesAtomically } from "./files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a file is written whole, in place of the old one", async () => {
  const file = join(folder, "a.txt");
  writeFileAtomically(file, "old");
  await writePiecesAtomically(file, ["new", " text"]);
  expect(readFileSync(file, "utf8")).toBe("new text");
  expect(readdirSync(folder)).toEqual(["a.txt"]);
});

test("if the pieces throw, the old file stays and nothing else is left", async () => {
  const file = join(folder, "a.txt");
  writeFileAtomically(file, "old");
  const lost = Object.assign(new Error("ENOENT: what the pieces are read from"), { code: "ENOENT" });
  function* pieces() {
    yield "new";
    throw lost;
  }
  await expect(writePiecesAtomically(file, pieces())).rejects.toBe(lost);
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["a.txt"]);
});

test("a place that cannot be written to is named, with the reason", async () => {
  const missing = join(folder, "missing", "a.txt");
  const message = `${missing} cannot be written: its folder does not exist`;
  expect(() => writeFileAtomically(missing, "x")).toThrow(message);
  await expect(writePiecesAtomically(missing, ["x"])).rejects.toThrow(message);
  mkdirSync(join(folder, "taken"));
  await expect(writePiecesAtomically(join(folder, "taken"), ["x"])).rejects.toThrow("it is a folder");
  expect(existsSync(join(folder, "taken.partial"))).toBe(false);
});

import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isSameFile, isStream, nameBeside, writeFileAtomically, writePiecesAtomically } from "./files.ts";

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

test("a link stays one: what it leads to is written, whether it is there or not", async () => {
  const [there, missing] = ["there", "missing"].map((name) => join(folder, name));
  if (there === undefined || missing === undefined) throw new Error("no names");
  writeFileAtomically(there, "old");
  symlinkSync("there", join(folder, "one"));
  symlinkSync(join(folder, "one"), join(folder, "two"));
  symlinkSync("missing", join(folder, "three"));
  writeFileAtomically(join(folder, "two"), "new");
  await writePiecesAtomically(join(folder, "three"), ["first"]);
  expect([there, missing].map((file) => readFileSync(file, "utf8"))).toEqual(["new", "first"]);
  expect(["one", "two", "three"].every((name) => lstatSync(join(folder, name)).isSymbolicLink())).toBe(true);
  expect(isSameFile(there, join(folder, "two"))).toBe(true);
  expect(isSameFile(there, join(folder, ".", "there"))).toBe(true);
  expect(isSameFile(there, missing)).toBe(false);
  expect(readdirSync(folder)).toHaveLength(5);
});

test("a pipe is written to and stays one, also behind a link", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  symlinkSync("pipe", join(folder, "link"));
  for (const name of ["pipe", "link"]) {
    const [read] = await Promise.all([
      readFile(pipe, "utf8"),
      writePiecesAtomically(join(folder, name), ["a", "b"]),
    ]);
    expect(read).toBe("ab");
  }
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  expect(isStream(join(folder, "link"))).toBe(true);
  expect(readdirSync(folder)).toEqual(["link", "pipe"]);
});

test("the file - is standard output", async () => {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((...given: unknown[]) => {
    const [text, done] = given;
    written.push(String(text));
    if (typeof done === "function") done();
    return true;
  });
  await writePiecesAtomically("-", ["a", "b"]).finally(() => spy.mockRestore());
  expect(written).toEqual(["a", "b"]);
  expect(existsSync("-")).toBe(false);
});

test("files beside two others do not share a name", () => {
  expect(["a/t.jsonl", "a/t.json"].map((file) => nameBeside(file, "origins"))).toEqual([
    "a/t.origins.jsonl",
    "a/t.json.origins.jsonl",
  ]);
});

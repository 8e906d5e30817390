import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EefError } from "../../errors.ts";
import { checkpointVersion, loadCheckpoint } from "./checkpoint.ts";
import { replaceDirectory } from "./replace-directory.ts";

let root = "";
let directory = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "replace-"));
  directory = join(root, "student");
  await mkdir(directory);
  await writeFile(join(directory, "weights"), "good");
});
afterEach(() => rm(root, { recursive: true }));

describe("replacing a directory", () => {
  it("leaves what was there, and nothing else, if writing fails", async () => {
    const replaced = replaceDirectory(directory, async (partial) => {
      await writeFile(join(partial, "weights"), "half");
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    });
    await expect(replaced).rejects.toThrow(EefError);
    await expect(replaced).rejects.toMatchObject({
      message: expect.stringContaining("student cannot be written: the disk is full"),
      hint: "What was there before is untouched.",
    });
    expect(await readdir(root)).toEqual(["student"]);
    expect(await readFile(join(directory, "weights"), "utf8")).toBe("good");
  });

  it("puts back what was there if the new one cannot be put in its place", async () => {
    const replaced = replaceDirectory(directory, (partial) => rm(partial, { recursive: true }));
    await expect(replaced).rejects.toThrow("student cannot be written: its folder does not exist");
    expect(await readdir(root)).toEqual(["student"]);
    expect(await readFile(join(directory, "weights"), "utf8")).toBe("good");
  });

  it("passes other failures on as they are", async () => {
    const failure = new TypeError("a defect");
    await expect(replaceDirectory(directory, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await readFile(join(directory, "weights"), "utf8")).toBe("good");
  });

  it("puts the new one in place as a whole, over leftovers of one that was killed", async () => {
    await mkdir(join(root, ".student.partial"));
    await writeFile(join(root, ".student.partial", "old"), "");
    const result = await replaceDirectory(directory, async (partial) => {
      await writeFile(join(partial, "config"), "new");
      return 7;
    });
    expect(result).toBe(7);
    expect(await readdir(root)).toEqual(["student"]);
    expect(await readdir(directory)).toEqual(["config"]);
  });

  it("killed between its two renames is explained to whoever looks for the directory", async () => {
    await rename(directory, join(root, ".student.replaced"));
    await expect(loadCheckpoint(directory)).rejects.toMatchObject({
      hint: expect.stringContaining(".student.replaced"),
    });
    await expect(checkpointVersion(directory)).rejects.toThrow("cannot be read");
  });
});

import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EefError } from "../../errors.ts";
import { checkpointVersion, loadCheckpoint } from "./checkpoint.ts";
import { checkReplaceable, replaceDirectory } from "./replace-directory.ts";

let root = "";
let directory = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "replace-"));
  directory = join(root, "student");
  await mkdir(directory);
  await writeFile(join(directory, "model.safetensors"), "good");
});
afterEach(() => rm(root, { recursive: true }));

describe("replacing a directory", () => {
  it("leaves what was there, and nothing else, if writing fails", async () => {
    const replaced = replaceDirectory(directory, async (partial) => {
      await writeFile(join(partial, "model.safetensors"), "half");
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    });
    await expect(replaced).rejects.toThrow(EefError);
    await expect(replaced).rejects.toMatchObject({
      message: expect.stringContaining("student cannot be written: the disk is full"),
      hint: "What was there before is untouched.",
    });
    expect(await readdir(root)).toEqual(["student"]);
    expect(await readFile(join(directory, "model.safetensors"), "utf8")).toBe("good");
  });

  it("puts back what was there if the new one cannot be put in its place", async () => {
    const replaced = replaceDirectory(directory, (partial) => rm(partial, { recursive: true }));
    await expect(replaced).rejects.toThrow("student cannot be written: its folder does not exist");
    expect(await readdir(root)).toEqual(["student"]);
    expect(await readFile(join(directory, "model.safetensors"), "utf8")).toBe("good");
  });

  it("passes other failures on as they are", async () => {
    const failure = new TypeError("a defect");
    await expect(replaceDirectory(directory, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await readFile(join(directory, "model.safetensors"), "utf8")).toBe("good");
  });

  it("puts the new one in place as a whole, over leftovers of one that was killed", async () => {
    await mkdir(join(root, ".student.partial"));
    await writeFile(join(root, ".student.partial", "old"), "");
    const result = await replaceDirectory(directory, async (partial) => {
      await writeFile(join(partial, "config.json"), "new");
      return 7;
    });
    expect(result).toBe(7);
    expect(await readdir(root)).toEqual(["student"]);
    expect(await readdir(directory)).toEqual(["config.json"]);
  });

  it("never takes the place of anything but a checkpoint, and begins nothing then", async () => {
    let begun = 0;
    const replace = (place: string) => replaceDirectory(place, async () => (begun += 1));
    await writeFile(join(root, "notes.txt"), "keep me");
    await expect(replace(root)).rejects.toThrow('it holds "notes.txt", which belongs to no checkpoint');
    await expect(replace(join(root, "notes.txt"))).rejects.toThrow("cannot be read as a directory");
    await mkdir(join(directory, "model.safetensors.index.json"));
    await expect(replace(directory)).rejects.toThrow('it holds "model.safetensors.index.json"');
    await expect(replace(process.cwd())).rejects.toThrow("is not replaced by a checkpoint");
    await expect(replace("..")).rejects.toThrow("is not replaced by a checkpoint");
    expect(begun).toBe(0);
    expect(await readFile(join(root, "notes.txt"), "utf8")).toBe("keep me");
    expect((await readdir(root)).sort()).toEqual(["notes.txt", "student"]);
  });

  it("never takes the place of the working directory, not even of an empty one", async () => {
    const empty = join(root, "empty");
    await mkdir(empty);
    await expect(checkReplaceable(empty)).resolves.toBeUndefined();
    vi.spyOn(process, "cwd").mockReturnValue(empty);
    await expect(checkReplaceable(empty)).rejects.toThrow("the working directory");
    vi.restoreAllMocks();
  });

  it("keeps what somebody put there while the checkpoint was written", async () => {
    const replaced = replaceDirectory(directory, () => writeFile(join(directory, "mine.txt"), "keep me"));
    await expect(replaced).rejects.toThrow('it holds "mine.txt"');
    expect(await readFile(join(directory, "mine.txt"), "utf8")).toBe("keep me");
  });

  it.each([
    ["an adapter", ["adapter_config.json", "adapter_model.safetensors", "config.json", "training.json"]],
    ["a model from elsewhere", ["model-00001-of-00002.safetensors", "model.safetensors.index.json"]],
    ["one that was left half-written", ["config.json"]],
  ])("replaces %s", async (_, files) => {
    for (const file of files) await writeFile(join(directory, file), "old");
    await mkdir(join(directory, "adapter"), { recursive: true });
    await writeFile(join(directory, "adapter", "adapter_config.json"), "old");
    await replaceDirectory(directory, (partial) => writeFile(join(partial, "config.json"), "new"));
    expect(await readdir(directory)).toEqual(["config.json"]);
  });

  it("killed between its two renames is explained to whoever looks for the directory", async () => {
    await rename(directory, join(root, ".student.replaced"));
    await expect(loadCheckpoint(directory)).rejects.toMatchObject({
      hint: expect.stringContaining(".student.replaced"),
    });
    await expect(checkpointVersion(directory)).rejects.toThrow("it does not exist");
  });
});

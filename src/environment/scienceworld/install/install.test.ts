import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sha256Of, simulatorVersions } from "../versions.ts";
import { download } from "./download.ts";
import { installSimulator } from "./install.ts";
import { jarFile, jarFolder, openJar } from "./jar-files.ts";
import { findFile, findPackageIndex } from "./package-index.ts";
import { claimPartialFile } from "./partial-file.ts";
import { readZipMember } from "./zip.ts";

const wheel = simulatorVersions.find((version) => version.wheel !== undefined)?.wheel?.file ?? "";

let folder = "";
const closing: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-install-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A server of this process. Returns its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

describe("a download", () => {
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31) % 251));

  /**
   * Breaks the first connections in the middle, like a bad line, as soon as what was sent has been stored. Records the
   * ranges that were asked for.
   */
  function badLine(breaks: number, honoursRanges: boolean): { listener: RequestListener; ranges: string[] } {
    const ranges: string[] = [];
    const listener: RequestListener = (request, response) => {
      const range = request.headers.range ?? "";
      ranges.push(range);
      const from = honoursRanges ? Number(/bytes=(\d+)-/.exec(range)?.[1] ?? 0) : 0;
      response.writeHead(from > 0 ? 206 : 200, { "content-length": content.length - from });
      if (ranges.length > breaks) return response.end(content.subarray(from));
      response.write(content.subarray(from, from + 70_000));
      const stored = statSync(join(folder, "file.partial"), { throwIfNoEntry: false });
      const waiting = setInterval(() => {
        const now = statSync(join(folder, "file.partial"), { throwIfNoEntry: false });
        if ((now?.size ?? 0) >= 70_000 && now?.mtimeMs !== stored?.mtimeMs) response.destroy();
      }, 5);
      response.once("close", () => clearInterval(waiting));
    };
    return { listener, ranges };
  }

  const fetchFrom = async (address: string, sha256 = sha256Of(content)) => {
    const url = new URL(`${address}/file`);
    const partialFile = join(folder, "file.partial");
    await download({ url, index: { url }, partialFile, sha256, bytes: content.length });
    return readFileSync(partialFile);
  };

  it("goes on where a broken connection stopped", async () => {
    const { listener, ranges } = badLine(1, true);
    expect(content.equals(await fetchFrom(await serve(listener)))).toBe(true);
    expect(ranges).toEqual(["", "bytes=70000-"]);
  });

  it("goes on where an earlier call stopped", async () => {
    writeFileSync(join(folder, "file.partial"), content.subarray(0, 1000));
    const { listener, ranges } = badLine(0, true);
    expect(content.equals(await fetchFrom(await serve(listener)))).toBe(true);
    expect(ranges).toEqual(["bytes=1000-"]);
  });

  it("begins anew where the server cannot go on", async () => {
    const { listener } = badLine(1, false);
    expect(content.equals(await fetchFrom(await serve(listener)))).toBe(true);
  });

  it("begins anew if what was there before was something else", async () => {
    writeFileSync(join(folder, "file.partial"), Buffer.alloc(1000));
    const { listener, ranges } = badLine(0, true);
    expect(content.equals(await fetchFrom(await serve(listener)))).toBe(true);
    expect(ranges).toEqual(["bytes=1000-", ""]);
  });

  it("refuses another file than the pinned one and leaves nothing behind", async () => {
    const { listener } = badLine(0, true);
    await expect(fetchFrom(await serve(listener), sha256Of(Buffer.from("other")))).rejects.toThrow(
      /its hash differs/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses a file of another length at once, and leaves nothing behind", async () => {
    const ranges: string[] = [];
    const address = await serve((request, response) => {
      ranges.push(request.headers.range ?? "");
      response.writeHead(200, { "content-length": 1000 });
      response.end(content.subarray(0, 1000));
    });
    await expect(fetchFrom(address)).rejects.toThrow(/another file .*: it has 1000 bytes, not 200000/);
    expect(ranges).toEqual([""]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says so where it cannot write, and blames no server", async () => {
    mkdirSync(join(folder, "file.partial"));
    const { listener } = badLine(0, true);
    await expect(fetchFrom(await serve(listener))).rejects.toMatchObject({
      name: "FileNotWrittenError",
      message: expect.stringContaining("it is a folder"),
    });
  });

  it("goes on with what an ended process left, and leaves alone what one that runs still writes", () => {
    const { pid: ended = 0 } = spawnSync(process.execPath, ["--version"]);
    const file = join(folder, "wheel");
    writeFileSync(`${file}.${process.ppid}.partial`, "other");
    const own = claimPartialFile(file);
    expect(existsSync(own)).toBe(false);
    writeFileSync(`${file}.${ended}.partial`, "left");
    expect(claimPartialFile(file)).toBe(own);
    expect(readFileSync(own, "utf8")).toBe("left");
    expect(readFileSync(`${file}.${process.ppid}.partial`, "utf8")).toBe("other");
  });

  it("gives up on a line that always breaks, and says so", async () => {
    const { listener } = badLine(100, false);
    await expect(fetchFrom(await serve(listener))).rejects.toThrow(/cannot be reached/);
  });
});

describe("the package index", () => {
  it("is read for the file's address, and gets the login that its own address holds", async () => {
    const page = `<a href="../../files/other.whl#sha256=1">other</a> <a\n class=x href="../../files/${wheel}#sha256=2">wheel</a>`;
    const address = await serve((request, response) => {
      expect(request.url).toBe("/simple/scienceworld/");
      expect(request.headers.authorization).toBe(`Basic ${btoa("me:secret")}`);
      response.setHeader("content-type", "text/html");
      response.end(page);
    });
    const index = await findPackageIndex(`${address.replace("//", "//me:secret@")}/simple`);
    const url = await findFile(index, "scienceworld", wheel);
    expect(`${url.origin}${url.pathname}`).toBe(`${address}/files/${wheel}`);
  });

  it("may have malformed escapes in links, and its address in the login", async () => {
    const page = `<a href="/a%E0%A4%A.whl">other</a> <a href="/files/${wheel}">wheel</a>`;
    const logins: (string | undefined)[] = [];
    const address = await serve((request, response) => {
      logins.push(request.headers.authorization);
      response.end(page);
    });
    const index = await findPackageIndex(`${address.replace("//", "//me%40here:50%zz@")}/simple`);
    const url = await findFile(index, "scienceworld", wheel);
    expect(url.pathname).toBe(`/files/${wheel}`);
    expect(logins).toEqual([`Basic ${btoa("me@here:50%zz")}`]);
  });

  it("comes from the environment, where it is not named", async () => {
    vi.stubEnv("PIP_INDEX_URL", "http://127.0.0.1:9/simple");
    expect((await findPackageIndex()).url.href).toBe("http://127.0.0.1:9/simple/");
  });

  it.each(["ftp://127.0.0.1/", "nonsense"])("refuses the address %s", async (address) => {
    await expect(findPackageIndex(address)).rejects.toThrow(/https:\/\//);
  });
});

describe("eef scienceworld install", () => {
  it("says so where the machine is offline", async () => {
    await expect(installSimulator({ index: "http://127.0.0.1:9/simple" })).rejects.toMatchObject({
      name: "ScienceWorldError",
      message: expect.stringContaining("127.0.0.1:9 cannot be reached"),
      hint: expect.stringContaining("--jar FILE"),
    });
  });

  it("says so where the index does not have it, and shows no password", async () => {
    const address = await serve((_, response) => response.writeHead(404).end());
    const failure = installSimulator({ index: address.replace("//", "//me:secret@") });
    await expect(failure).rejects.toThrow(/answered 404/);
    await expect(failure).rejects.not.toThrow(/secret/);
  });

  it("refuses a jar that is none of the published ones", async () => {
    const file = join(folder, "other.jar");
    writeFileSync(file, "PK not really");
    await expect(installSimulator({ file })).rejects.toThrow(/not a published jar/);
    await expect(installSimulator({ file: join(folder, "none.jar") })).rejects.toThrow(/cannot be read/);
    expect(existsSync(jarFolder())).toBe(false);
  });

  it("says so where the cache folder cannot be made", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    vi.stubEnv("XDG_CACHE_HOME", file);
    const page = await serve((_, response) => response.end(`<a href="/files/${wheel}">wheel</a>`));
    await expect(installSimulator({ index: page })).rejects.toMatchObject({
      name: "FileNotWrittenError",
      message: expect.stringContaining("its folder is a file"),
    });
  });

  it.each(["", "relative"])("keeps jars in the home folder where XDG_CACHE_HOME is %j", (value) => {
    vi.stubEnv("XDG_CACHE_HOME", value);
    expect(jarFolder()).toBe(join(homedir(), ".cache", "eef", "scienceworld"));
  });

  it.each(simulatorVersions)("is asked for, or named, where version $version is damaged", (version) => {
    mkdirSync(jarFolder(), { recursive: true });
    writeFileSync(jarFile(version), "damaged");
    const hint =
      version.wheel === undefined ? "--jar FILE brings it again; delete it to" : "fetches it again";
    expect(() => openJar()).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("is damaged"),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  it("is what an environment without a jar asks for", () => {
    expect(() => openJar()).toThrow(/not installed/);
  });
});

describe("a zip archive", () => {
  const text = "the jar ".repeat(1000);
  /** One deflated member, as the format's definition has it. */
  const archive = (name: string) => {
    const packed = deflateRawSync(text);
    const local = Buffer.alloc(30);
    local.write("PK\x03\x04", "latin1");
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.write("PK\x01\x02", "latin1");
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt16LE(name.length, 28);
    const end = Buffer.alloc(22);
    end.write("PK\x05\x06", "latin1");
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(local.length + name.length + packed.length, 16);
    return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end]);
  };

  it("gives one member", () => {
    expect(readZipMember(archive("a/b.jar"), "a/b.jar", 10_000)?.toString()).toBe(text);
    expect(readZipMember(archive("a/b.jar"), "b.jar", 10_000)).toBeUndefined();
    expect(readZipMember(Buffer.from("no zip"), "b.jar", 10_000)).toBeUndefined();
  });

  it("does not unpack more than allowed", () => {
    expect(() => readZipMember(archive("a"), "a", 100)).toThrow(RangeError);
  });
});

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../stand-in.test-helpers.ts";
import { openLogFile } from "./log-file.ts";

describe("a log", () => {
  it("keeps the latest of what is too much, and never more than twice its bound and a line", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "log.txt");
    using log = openLogFile(path, { maximumBytes: 100, keptLines: 3 });
    for (let line = 0; line < 1000; line++) log.append(`line ${line}`);
    const kept = readFileSync(`${path}.1`, "utf8") + readFileSync(path, "utf8");
    expect(kept.length).toBeLessThanOrEqual(2 * (100 + "line 999\n".length));
    expect(kept.trim().split("\n").slice(-8)).toEqual(
      Array.from({ length: 8 }, (_, index) => `line ${992 + index}`),
    );
    expect(log.lastLines).toEqual(["line 997", "line 998", "line 999"]);
  });

  it.skipIf(!existsSync("/dev/full"))("on a full disk leaves lines out, with one warning", async () => {
    using log = openLogFile("/dev/full");
    const warnings: string[] = [];
    const onWarning = ({ message }: Error) => warnings.push(message);
    process.on("warning", onWarning);
    for (const line of ["first", "second"]) log.append(line);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", onWarning);
    expect(warnings).toEqual([expect.stringMatching(/\/dev\/full is not complete.*ENOSPC/)]);
    expect(log.lastLines).toEqual(["first", "second"]);
  });

  it("goes on where an earlier session stopped", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "log.txt");
    for (const session of ["first", "second"]) {
      using log = openLogFile(path);
      log.append(session);
    }
    expect(readFileSync(path, "utf8")).toBe("first\nsecond\n");
    expect(existsSync(`${path}.1`)).toBe(false);
  });
});

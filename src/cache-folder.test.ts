import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { cacheFolder } from "./cache-folder.ts";

afterEach(() => vi.unstubAllEnvs());

test.each(["", "relative"])("XDG_CACHE_HOME=%j is as if it were unset", (value) => {
  vi.stubEnv("XDG_CACHE_HOME", value);
  expect(cacheFolder()).toBe(join(homedir(), ".cache", "eef"));
});

test("an absolute XDG_CACHE_HOME holds the folder", () => {
  vi.stubEnv("XDG_CACHE_HOME", join(homedir(), "elsewhere"));
  expect(cacheFolder()).toBe(join(homedir(), "elsewhere", "eef"));
});

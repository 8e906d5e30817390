import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";

/** What a test of commands works with: a folder of its own, and what the console would have shown. */
export interface CommandFixture {
  readonly folder: string;
  printed: string[];
  errors: string[];
}

/** For every test of the file a new folder and a quiet console. Read its fields inside the tests only. */
export function commandFixture(): CommandFixture {
  const fixture = { folder: "", printed: [] as string[], errors: [] as string[] };
  beforeEach(async () => {
    fixture.folder = await mkdtemp(join(tmpdir(), "eef-command-"));
    fixture.printed = [];
    fixture.errors = [];
    vi.spyOn(console, "log").mockImplementation((text) => void fixture.printed.push(String(text)));
    vi.spyOn(console, "error").mockImplementation((text) => void fixture.errors.push(String(text)));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(fixture.folder, { recursive: true });
  });
  return fixture;
}

/** What citty allows to be given as a value, a promise of one, or a function that makes either. */
export async function resolved<T>(given: T | Promise<T> | (() => T) | (() => Promise<T>)): Promise<T> {
  return await (given instanceof Function ? given() : given);
}

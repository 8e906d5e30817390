import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "citty";
import { describe, expect, it, vi } from "vitest";
import { loadCheckpoint } from "../model/checkpoint/checkpoint.ts";
import { shippedBase } from "../trainer/shipped-base.ts";
import { commandFixture } from "./command-line.test-helpers.ts";
import pretrainCommand from "./pretrain.ts";

const fixture = commandFixture();
const run = (...rawArgs: string[]) => runCommand(pretrainCommand, { rawArgs });
const chat = {
  messages: [
    { role: "user", content: "The zeppelin is in the hangar." },
    { role: "assistant", content: "Action: board zeppelin" },
  ],
};

describe("eef pretrain --documents", () => {
  it("gives a checkpoint the words of the documents, and keeps its shape", async () => {
    const documents = join(fixture.folder, "chats.jsonl");
    writeFileSync(documents, `${JSON.stringify(chat)}\n`.repeat(3));
    const out = join(fixture.folder, "base");
    await run("--documents", documents, "--from", shippedBase, "--out", out, "--scale", "0.0004");
    const { configuration, tokenizer, metadata } = await loadCheckpoint(out);
    const base = await loadCheckpoint(shippedBase);
    expect(tokenizer.encode(" zeppelin")).toHaveLength(1);
    expect(base.tokenizer.encode(" zeppelin").length).toBeGreaterThan(1);
    expect(configuration).toEqual({
      ...base.configuration,
      vocabularySize: tokenizer.vocabularySize,
    });
    expect(metadata).toMatchObject({ base: base.version, seed: 1, stages: [{ name: "documents" }] });
  }, 60_000);

  it("says what is wrong before anything is written", async () => {
    const out = join(fixture.folder, "base");
    const empty = join(fixture.folder, "empty.jsonl");
    writeFileSync(empty, "\n");
    await expect(run("--documents", empty, "--out", out)).rejects.toThrow(/no documents/);
    await expect(run("--documents", join(fixture.folder, "none.jsonl"), "--out", out)).rejects.toThrow(
      /none\.jsonl/,
    );
    await expect(run("--from", shippedBase, "--out", out)).rejects.toThrow(/--documents/);
    expect(existsSync(out)).toBe(false);
  });

  it("says how many documents are too long, and refuses to begin where all are", async () => {
    const long = {
      messages: [{ role: "user", content: "The zeppelin is in the hangar. ".repeat(600) }, ...chat.messages],
    };
    const file = (...documents: readonly unknown[]) => {
      const path = join(fixture.folder, "long.jsonl");
      writeFileSync(path, documents.map((document) => `${JSON.stringify(document)}\n`).join(""));
      return path;
    };
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const out = join(fixture.folder, "long");
    const rest = ["--from", shippedBase, "--out", out, "--scale", "0.0004"];
    await expect(run("--documents", file(long, long), ...rest)).rejects.toThrow(
      "none of the 2 examples has a target within the first 1536 tokens",
    );
    expect(existsSync(out)).toBe(false);
    await run("--documents", file(chat, long), ...rest);
    const said = written.mock.calls.map(([text]) => String(text)).filter((text) => text.includes("longer"));
    expect(said).toEqual([
      expect.stringMatching(
        /^Examples longer than 1536 tokens, which are cut there: 1 of 2, by \d+ of \d+ target/,
      ),
    ]);
  }, 60_000);

  it("leaves a directory alone that holds anything else than a checkpoint, before it trains", async () => {
    const documents = join(fixture.folder, "chats.jsonl");
    writeFileSync(documents, JSON.stringify(chat));
    const steps = vi.spyOn(process.stderr, "write");
    await expect(run("--documents", documents, "--out", fixture.folder)).rejects.toThrow(
      /belongs to no checkpoint/,
    );
    await expect(run("--documents", documents, "--out", ".")).rejects.toThrow(/is not replaced/);
    expect(steps).not.toHaveBeenCalled();
    expect(existsSync(documents)).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { splitLines } from "./line-splitter.ts";
import { redactionOf } from "./redaction.ts";

const secret = "hf_0123456789abcdef";

function linesOf(chunks: readonly string[]): string[] {
  const lines: string[] = [];
  const splitter = splitLines({
    onLine: (line) => lines.push(line),
    redaction: redactionOf({ HF_TOKEN: secret }, {}),
  });
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  return lines;
}

describe("the output of a program", () => {
  it("holds no secret, wherever it is split", () => {
    for (let at = 0; at <= secret.length; at++) {
      expect(linesOf([`token ${secret.slice(0, at)}`, `${secret.slice(at)}!\n`])).toEqual([
        "token [redacted: HF_TOKEN]!",
      ]);
    }
  });

  it("holds none where a line is too long and cut, and loses nothing else", () => {
    for (let at = 0; at <= secret.length; at++) {
      const long = "x".repeat(65_530);
      const lines = linesOf([`${long}${secret.slice(0, at)}`, `${secret.slice(at)}yy`, "z\n"]);
      expect(lines.join("")).toBe(`${long}[redacted: HF_TOKEN]yyz`);
    }
  });

  it("holds no state of a progress bar with one", () => {
    expect(linesOf([`50% ${secret}\r`, `100% ${secret}\n`])).toEqual(["100% [redacted: HF_TOKEN]"]);
  });
});

describe("a redaction", () => {
  it("takes out what is given, and of what is inherited the keys, but no short values", () => {
    const { apply } = redactionOf(
      { WANDB_PROJECT: "secret-project", CUDA_VISIBLE_DEVICES: "0,1" },
      {
        CHAT_KEY: "sk-12345678",
        db_password: "correct horse",
        TOKENIZERS_PARALLELISM: "false",
        HOME: "/home/me",
      },
    );
    expect(apply("secret-project 0,1 sk-12345678 correct horse false /home/me")).toBe(
      "[redacted: WANDB_PROJECT] 0,1 [redacted: CHAT_KEY] [redacted: db_password] false /home/me",
    );
  });

  it("knows a value by its lines, its escaped forms, and the key behind a word", () => {
    const value = {
      PEM_KEY: "first-line-of-it\nsecond-line-of-it",
      API_KEY: "Bearer sk-12345678",
      PASSWORD: 'p"ss/w\\rd+1',
    };
    const { apply } = redactionOf(value, {});
    expect(apply("a second-line-of-it")).toBe("a [redacted: PEM_KEY]");
    expect(apply("key sk-12345678 Bearer")).toBe("key [redacted: API_KEY] Bearer");
    expect(apply(JSON.stringify(value.PASSWORD))).toBe('"[redacted: PASSWORD]"');
    expect(apply(`https://me:${encodeURIComponent(value.PASSWORD)}@host`)).toBe(
      "https://me:[redacted: PASSWORD]@host",
    );
  });

  it("prefers the longer of two of which one is a part of the other", () => {
    const { apply } = redactionOf({ A: "12345678", B: "12345678-90" }, {});
    expect(apply("12345678-90 12345678")).toBe("[redacted: B] [redacted: A]");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../policy/message-format.ts";
import { createRandom } from "../../random.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { trainTokenizer } from "../tokenizer/train.ts";
import { restrictToActions } from "./action-restriction.ts";

const actions = ["click[Buy Now]", "click[< Prev]", "click[12B34]", "click[12B3]", "search[lamp]", "47"];
const tokenizer = createTokenizer(
  trainTokenizer(["Thought: no\nAction: click[Buy Now]\nAction: click[12B34]"], {
    vocabularySize: 400,
    minimumFrequency: 1,
  }),
);

/** Writes a message: the thought, then whatever the restriction allows, drawn at random. */
function write(thought: string, seed: number): string {
  const restriction = restrictToActions(tokenizer, actions);
  const random = createRandom(seed);
  const written: number[] = [];
  const add = (token: number): void => {
    written.push(token);
    restriction.accept(token);
  };
  for (const token of tokenizer.encode(thought)) {
    const constraint = restriction.constraint();
    expect(constraint?.kind).toBe("not");
    expect(constraint?.tokens).not.toContain(token);
    add(token);
  }
  for (;;) {
    const constraint = restriction.constraint();
    if (constraint?.kind !== "only") throw new Error("expected the action to be restricted by now");
    const token = random.pick(constraint.tokens);
    if (token === tokenizer.special.end) return tokenizer.decode(written);
    add(token);
  }
}

describe("restricting a message to admissible actions", () => {
  it("allows every one of them and nothing else after `Action:`", () => {
    for (const thought of ["Action", "Thought: no.\nAction", "Thought: the Action\n\nAction", " \nAction"]) {
      const written = new Set(
        Array.from({ length: 200 }, (_, seed) => parseMessage(write(thought, seed)).action),
      );
      expect([...written].sort()).toEqual([...actions].sort());
    }
  });

  it("leaves the thought free, but lets the message not end before its action", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (thought) => {
        const restriction = restrictToActions(tokenizer, actions);
        const safe = thought.replaceAll("Action", "");
        for (const token of tokenizer.encode(`Thought: ${safe}`)) {
          const constraint = restriction.constraint();
          expect(constraint?.kind).toBe("not");
          expect(constraint?.tokens).toContain(tokenizer.special.end);
          restriction.accept(token);
        }
      }),
    );
  });

  it("writes the tokens that the same text has in training", () => {
    const restriction = restrictToActions(tokenizer, ["click[12B34]"]);
    const expected = tokenizer.encode("no.\nAction: click[12B34]");
    const start = tokenizer.encode("no.\nAction");
    for (const token of start) restriction.accept(token);
    const written = [...start];
    while (written.length < expected.length) {
      const [token] = restriction.constraint()?.tokens ?? [];
      written.push(token ?? -1);
      restriction.accept(token ?? -1);
    }
    expect(written).toEqual(expected);
    expect(restriction.constraint()).toEqual({ kind: "only", tokens: [tokenizer.special.end] });
  });

  it.each(["Action:", "Action"])("follows a tokenizer that has `Action:` as one token, after %j", (start) => {
    const actionToken = 5000;
    const foreign: Tokenizer = {
      ...tokenizer,
      encode: (text) =>
        text.startsWith("Action:")
          ? [actionToken, ...tokenizer.encode(text.slice("Action:".length))]
          : tokenizer.encode(text),
      decode: (ids) =>
        Array.from(ids, (id) => (id === actionToken ? "Action:" : tokenizer.decode([id]))).join(""),
    };
    const restriction = restrictToActions(foreign, ["click[12B34]"]);
    const written = foreign.encode(start);
    for (const token of written) restriction.accept(token);
    for (;;) {
      const constraint = restriction.constraint();
      if (constraint?.kind !== "only") throw new Error("expected the action to be restricted by now");
      const [token = -1] = constraint.tokens;
      if (token === tokenizer.special.end) break;
      written.push(token);
      restriction.accept(token);
    }
    expect(foreign.decode(written)).toBe("Action: click[12B34]");
  });
});

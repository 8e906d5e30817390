import { describe, expect, it } from "vitest";
import { createRandom } from "../../../random.ts";
import type { Exercise } from "../../../trainer/pretraining/stage.ts";
import { parseInstruction } from "../expert/instruction.ts";
import { objections } from "../expert/judgement.ts";
import { parsePage } from "../expert/page.ts";
import { choosing, copying, judging, lookingUp, tickingOff, wording } from "./documents.ts";

const judgingKinds = {
  judgingOne: judging({ wish: "full", products: [1, 1] }),
  judgingSimply: judging({ wish: "simple", products: [2, 10] }),
  judgingMany: judging({ wish: "full", products: [5, 10] }),
};
const kinds = { copying, lookingUp, wording, ...judgingKinds, choosing, tickingOff };

function drawn(kind: (random: ReturnType<typeof createRandom>) => Exercise, count = 60): Exercise[] {
  const random = createRandom(7);
  return Array.from({ length: count }, () => kind(random));
}

function turnsOf({ messages }: Exercise): (readonly [question: string, answer: string])[] {
  return Array.from({ length: messages.length / 2 }, (_, index) => [
    messages[2 * index]?.content ?? "",
    messages[2 * index + 1]?.content ?? "",
  ]);
}

describe("reading exercises", () => {
  it.each(Object.entries(kinds))("%s: the same seed gives the same exercises", (_, kind) => {
    expect(drawn(kind, 5)).toEqual(drawn(kind, 5));
  });

  it.each(Object.entries(kinds))("%s: alternates questions and answers, and shows no action", (_, kind) => {
    for (const { messages } of drawn(kind)) {
      expect(messages.map(({ role }) => role)).toEqual(
        messages.map((_, index) => (index % 2 === 0 ? "user" : "assistant")),
      );
      for (const { role, content } of messages) {
        if (role === "assistant") expect(content).not.toMatch(/Action|click\[|search\[|Next >|Buy Now/);
      }
    }
  });

  it.each(Object.entries(judgingKinds))(
    "%s: a verdict is yes exactly where a reader of the page finds nothing against the product",
    (_, kind) => {
      for (const exercise of drawn(kind)) {
        const [[question, answer] = ["", ""]] = turnsOf(exercise);
        const page = parsePage(question);
        if (page.kind !== "results") throw new Error(`not a results page: ${question}`);
        const wish = parseInstruction(page.instruction);
        const verdicts = answer.slice(0, -1).split(/, (?=\d\d[A-Z]{2} )/);
        expect(verdicts).toHaveLength(page.products.length);
        for (const [index, { asin, title, price }] of page.products.entries()) {
          const fits = objections(wish, title, price).length === 0;
          expect(verdicts[index]).toMatch(new RegExp(`^${asin} .* ${fits ? "yes" : "no"}$`));
        }
      }
    },
  );

  it("choosing names a product at most once, and calls it seen from then on", () => {
    for (const exercise of drawn(choosing)) {
      const named = new Set<string>();
      for (const [, answer] of turnsOf(exercise)) {
        for (const [, asin = ""] of answer.matchAll(/(\d\d[A-Z]{2}) seen/g)) expect(named).toContain(asin);
        const choice = /\. \[(\d\d[A-Z]{2})\]$/.exec(answer)?.[1];
        if (choice === undefined) continue;
        expect(named).not.toContain(choice);
        expect(answer).toContain(" yes. [");
        named.add(choice);
      }
    }
  });

  it("ticking off ends when every option on offer is done, or where one is not on offer", () => {
    for (const exercise of drawn(tickingOff)) {
      const answers = turnsOf(exercise).map(([, answer]) => answer);
      expect(answers.at(-1)).not.toContain(" yes");
      expect(answers.slice(0, -1).every((answer) => answer.includes(" yes"))).toBe(true);
    }
  });

  it("wording repeats the wish as the instruction words it", () => {
    for (const exercise of drawn(wording)) {
      const [[question, answer] = ["", ""]] = turnsOf(exercise);
      const page = parsePage(question);
      expect(page.kind).toBe("start");
      if (page.kind === "start") expect(answer).toBe(`${parseInstruction(page.instruction).text}.`);
    }
  });
});

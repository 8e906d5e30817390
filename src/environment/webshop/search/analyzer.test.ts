import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { analyze } from "./analyzer.ts";
import { porterStem } from "./porter-stemmer.ts";
import { hasRealData, readRealData } from "./real-data.test-helpers.ts";
import { forEachWord } from "./tokenizer.ts";

function wordsOf(text: string): string[] {
  const words: string[] = [];
  forEachWord(text, (start, end) => words.push(text.slice(start, end)));
  return words;
}

describe("words", () => {
  it.each([
    [
      "a dot or colon between letters joins them",
      "v-neck a.b.c c:d e. f",
      ["v", "neck", "a.b.c", "c:d", "e", "f"],
    ],
    [
      "a dot or comma between digits joins them",
      "1,250.5 3;4 5:6 7. 8",
      ["1,250.5", "3;4", "5", "6", "7", "8"],
    ],
    ["a comma does not join letters, nor a dot a letter and a digit", "a,b a.1", ["a", "b", "a", "1"]],
    ["an underscore joins, but is no word alone", "_a_1_ __ b", ["_a_1_", "b"]],
    ["an apostrophe joins, straight or curved", "men's l’eau 'x'", ["men's", "l’eau", "x"]],
    ["letters of other scripts are letters", "crème 5µm дом", ["crème", "5µm", "дом"]],
    ["marks belong to the letter before them", "cafe\u0301s", ["cafe\u0301s"]],
    [
      "each ideograph and hiragana is a word, a run of katakana is one",
      "日本ひらカタ",
      ["日", "本", "ひ", "ら", "カタ"],
    ],
    ["a run of Thai is one word", "ผ้าห่ม x", ["ผ้าห่ม", "x"]],
    ["a Hebrew letter keeps its quotation mark", "צה\"ל ג׳ ד'", ['צה"ל', "ג׳", "ד'"]],
    ["each emoji is a word", "a👍🏽b ❤️★", ["a", "👍🏽", "b", "❤️", "★"]],
    ["joined emoji, flags and keycaps are one word each", "👩‍💻🇫🇷🇩🇪1️⃣#️⃣", ["👩‍💻", "🇫🇷", "🇩🇪", "1️⃣", "#️⃣"]],
    ["trade marks count as emoji, other symbols as nothing", "Ab™ © ° ● •", ["Ab", "™", "©"]],
  ])("%s", (_, text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it("a word is cut after 255 characters", () => {
    expect(wordsOf("x".repeat(600)).map((word) => word.length)).toEqual([255, 255, 90]);
    expect(wordsOf(`${"é".repeat(300)} y`).map((word) => word.length)).toEqual([255, 45, 1]);
    expect(wordsOf(`${"x".repeat(254)}.y`)).toEqual(["x".repeat(254), "y"]);
  });

  it("words of Western text are those of the platform's own implementation of the standard", () => {
    const segmenter = new Intl.Segmenter("en", { granularity: "word" });
    const characters = [
      "a",
      "B",
      "1",
      "9",
      "_",
      ".",
      ",",
      ";",
      "'",
      '"',
      " ",
      "-",
      "é",
      "’",
      "ж",
      "\u0301",
      "\n",
    ];
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...characters), maxLength: 60 }), (text) => {
        const expected = [...segmenter.segment(text)]
          .map(({ segment }) => segment)
          .filter((segment) => /[\p{L}\p{Nd}]/u.test(segment));
        expect(wordsOf(text)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("words lie in the text in order, do not overlap, and are never empty, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 400, size: "max" }),
        (codePoints) => {
          const text = String.fromCodePoint(...codePoints);
          let last = 0;
          let inOrder = true;
          forEachWord(text, (start, end) => {
            inOrder &&= start >= last && end > start && end - start <= 255;
            last = end;
          });
          expect(inOrder).toBe(true);
          expect(last).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });
});

describe("terms", () => {
  it("are lower case, without possessive and stop words, and stemmed", () => {
    expect(analyze("The Women's SHOES, and the men’s running shoes")).toEqual([
      "women",
      "shoe",
      "men",
      "run",
      "shoe",
    ]);
  });

  it("keep a possessive that another mark than an apostrophe makes", () => {
    expect(analyze("men‘s menS's")).toEqual(["men‘", "men"]);
  });

  it.each([
    ["caresses ponies ties caress cats", "caress poni ti caress cat"],
    ["feed agreed plastered bled motoring sing", "feed agre plaster bled motor sing"],
    [
      "conflated troubled sized hopping falling hissing filing failing",
      "conflat troubl size hop fall hiss file fail",
    ],
    ["happy sky yellow syzygy", "happi sky yellow syzygi"],
    [
      "relational conditional rational valency digitizer possibly radically",
      "relat condit ration valenc digit possibl radic",
    ],
    [
      "vietnamization operator feudalism decisiveness hopefulness formality",
      "vietnam oper feudal decis hope formal",
    ],
    [
      "triplicate formative electricity electrical hopeful goodness apology",
      "triplic form electr electr hope good apolog",
    ],
    [
      "revival allowance airliner adjustable replacement adoption communism",
      "reviv allow airlin adjust replac adopt commun",
    ],
    ["probate rate cease controll roll as ion yes", "probat rate ceas control roll as ion ye"],
  ])("Porter's rules: %s", (words, stems) => {
    expect(words.split(" ").map(porterStem).join(" ")).toBe(stems);
  });

  it.skipIf(!hasRealData)("equal Lucene's for every recorded text", () => {
    const recorded = z
      .array(z.tuple([z.string(), z.array(z.string())]))
      .parse(JSON.parse(readRealData("analyzer_tokens.json")));
    expect(recorded.length).toBeGreaterThan(0);
    for (const [text, terms] of recorded) expect(analyze(text)).toEqual(terms);
  });
});

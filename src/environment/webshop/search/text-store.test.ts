import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTextStore } from "./text-store.ts";

describe("the text store", () => {
  it("gives back every text by its key, and the keys in the order of adding", () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.string({ unit: "grapheme" })), {
      selector: ([key]) => key,
    });
    fc.assert(
      fc.property(entries, (texts) => {
        const store = createTextStore();
        for (const [key, text] of texts) store.add(key, text);
        for (const [key, text] of texts) expect(store.get(key)).toBe(text);
        expect([...store.keys()]).toEqual(texts.map(([key]) => key));
        expect(store.size).toBe(texts.length);
      }),
    );
  });

  it("keeps texts that are longer than a block, and those after them", () => {
    const store = createTextStore();
    const long = "é".repeat(9_000_000);
    store.add("long", long);
    store.add("short", "s");
    expect(store.get("long") === long).toBe(true);
    expect(store.get("short")).toBe("s");
  });

  it("knows nothing of other keys, and takes no key twice", () => {
    const store = createTextStore();
    store.add("a", "1");
    expect(store.get("b")).toBeUndefined();
    expect(store.has("b")).toBe(false);
    expect(() => store.add("a", "2")).toThrow(RangeError);
  });
});

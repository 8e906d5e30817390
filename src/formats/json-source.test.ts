import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compactJson, elementSources, sourceOf } from "./json-source.ts";

describe("the source of a JSON value", () => {
  it("is the value's text, however the JSON is laid out", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.jsonValue(),
        fc.array(fc.jsonValue()),
        fc.constantFrom(0, 2),
        (key, value, array, indent) => {
          const json = JSON.stringify(
            { other: array, [key]: { inner: [value, ...array] } },
            undefined,
            indent,
          );
          const [first = "", ...rest] = elementSources(json, [key, "inner"]);
          expect(sourceOf(json, [key, "inner", 0])).toBe(first);
          expect(compactJson(first)).toBe(JSON.stringify(value));
          expect(rest.map(compactJson)).toEqual(array.map((each) => JSON.stringify(each)));
        },
      ),
    );
  });

  it("has numbers and keys as they were written, and of a key that occurs twice the last value", () => {
    const json = '{"a": {"x": 12345678901234567890, "y": 1.0, "y": 1e3}, "a": [ 1.50 , "\\u00e9 ,}" ]}';
    expect(sourceOf(json, ["a", 0])).toBe("1.50");
    expect(compactJson(sourceOf(json, ["a"]) ?? "")).toBe('[1.50,"é ,}"]');
    expect(sourceOf(json, ["b"])).toBeUndefined();
    expect(sourceOf(json, ["a", 2])).toBeUndefined();
    expect(elementSources(json, ["b"])).toEqual([]);
  });
});

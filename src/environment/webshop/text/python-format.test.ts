import { describe, expect, it } from "vitest";
import { pythonDict, pythonFloat, pythonRound, pythonString, pythonTuple } from "./python-format.ts";

// All texts were printed by CPython 3.11.
describe("Python's way of writing", () => {
  it.each([
    [17.4, "17.4"],
    [100, "100.0"],
    [0, "0.0"],
    [-0, "-0.0"],
    [-2.5, "-2.5"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1234567890123456, "1234567890123456.0"],
    [1e16, "1e+16"],
    [1.5e300, "1.5e+300"],
    [5e-324, "5e-324"],
    [Number.POSITIVE_INFINITY, "inf"],
    [Number.NaN, "nan"],
  ])("the float %d is %s", (value, expected) => {
    expect(pythonFloat(value)).toBe(expected);
  });

  it("strings are in single quotes unless that needs an escape and double quotes do not", () => {
    expect(pythonString("plain")).toBe("'plain'");
    expect(pythonString("it's")).toBe(`"it's"`);
    expect(pythonString(`5" x`)).toBe(`'5" x'`);
    expect(pythonString(`it's "x"`)).toBe(`'it\\'s "x"'`);
  });

  it("what cannot be printed is escaped, and the rest is not", () => {
    expect(pythonString("a\u200b\u00a0\n\t\\é😀\u0000\u{e0001}")).toBe(
      "'a\\u200b\\xa0\\n\\t\\\\é😀\\x00\\U000e0001'",
    );
  });

  it("dicts keep their order, and tuples of one their comma", () => {
    expect(
      pythonDict([
        ["size", "4"],
        ["2", "it's"],
      ]),
    ).toBe(`{'size': '4', '2': "it's"}`);
    expect(pythonDict([])).toBe("{}");
    expect(pythonTuple(["color", "red"])).toBe("('color', 'red')");
    expect(pythonTuple(["red"])).toBe("('red',)");
  });

  it("rounds halves to the even neighbour", () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 84.49, 84.51].map(pythonRound)).toEqual([0, 2, 2, 0, -2, 84, 85]);
  });
});

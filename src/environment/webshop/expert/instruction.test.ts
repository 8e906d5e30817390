import { describe, expect, it } from "vitest";
import { parseInstruction } from "./instruction.ts";

describe("an instruction is read into a wish", () => {
  it("with attributes before and behind the type, options and a price limit", () => {
    const wish = parseInstruction(
      "Find me easy clean, space saving desk lamps with usb port with color: navy, and style: modern, and price lower than 40.00 dollars",
    );
    expect(wish).toEqual({
      text: "easy clean, space saving desk lamps with usb port",
      type: "desk lamps",
      attributes: ["easy clean", "space saving", "usb port"],
      options: [
        { name: "color", value: "navy" },
        { name: "style", value: "modern" },
      ],
      priceLimit: 40,
    });
  });

  it("with nothing but an attribute behind the type", () => {
    const wish = parseInstruction("Find me face creams for dry skin, and price lower than 100.00 dollars");
    expect(wish).toEqual({
      text: "face creams for dry skin",
      type: "face creams",
      attributes: ["dry skin"],
      options: [],
      priceLimit: 100,
    });
  });

  it("with a type of one word, and without a price", () => {
    const wish = parseInstruction("Find me easy care, hand made blankets with fabric: wool");
    expect(wish).toMatchObject({
      text: "easy care, hand made blankets",
      type: "blankets",
      attributes: ["easy care", "hand made"],
      options: [{ name: "fabric", value: "wool" }],
      priceLimit: Number.POSITIVE_INFINITY,
    });
  });
});

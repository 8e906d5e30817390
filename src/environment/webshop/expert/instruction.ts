/** One option that the instruction asks for: `color: navy`. */
export interface WantedOption {
  readonly name: string;
  readonly value: string;
}

/** What an instruction asks for, as far as its text says. */
export interface Wish {
  /** The wish as it is searched for: "easy clean, space saving desk lamps with usb port". */
  readonly text: string;
  /** "desk lamps" */
  readonly type: string;
  /** In the order of the instruction: "easy clean", "space saving", "usb port". */
  readonly attributes: readonly string[];
  /** In the order of the instruction. */
  readonly options: readonly WantedOption[];
  /** Dollars; Infinity where the instruction names no limit. */
  readonly priceLimit: number;
}

/** Type and attributes in the order in which the wish names them. */
export function criteriaOf({ text, type, attributes }: Wish): string[] {
  return [type, ...attributes].sort((a, b) => text.indexOf(a) - text.indexOf(b));
}

const pricePattern = /,? and price lower than ([\d.]+) dollars\.?$/;
const optionsPattern = / with ([^:,]*?: .*)$/;

/**
 * Reads a synthetic instruction of the generated shop:
 * `Find me A, B <type> [with|for C] [with color: x, and size: y][, and price lower than 40.00 dollars]`.
 * Attributes have two words, so what follows the first two words of the last one before the type is the type.
 */
export function parseInstruction(instruction: string): Wish {
  let rest = instruction.trim().replace(/^Find me /i, "");
  const price = pricePattern.exec(rest);
  if (price !== null) rest = rest.slice(0, price.index);
  const options = optionsPattern.exec(rest);
  // The pattern finds the first " with " that is followed by a colon before the next comma or " with ".
  const optionText = options?.[1]?.split(" with ").at(-1);
  if (optionText !== undefined) rest = rest.slice(0, rest.length - optionText.length - " with ".length);

  const suffix = / (?:with|for) (.+)$/.exec(rest);
  const head = suffix === null ? rest : rest.slice(0, suffix.index);
  const parts = head.split(", ");
  const last = (parts.pop() ?? "").split(" ");
  // "face creams" is a type without an attribute before it, "oil free face creams" one with.
  const attributesBefore = last.length > 2 ? [...parts, last.slice(0, 2).join(" ")] : parts;
  return {
    text: rest,
    type: last.length > 2 ? last.slice(2).join(" ") : last.join(" "),
    attributes: [...attributesBefore, ...(suffix?.[1]?.split(", ") ?? [])],
    options: optionText === undefined ? [] : optionText.split(", and ").map(readOption),
    priceLimit: price === null ? Number.POSITIVE_INFINITY : Number(price[1]),
  };
}

function readOption(text: string): WantedOption {
  const colon = text.indexOf(": ");
  return { name: text.slice(0, colon), value: text.slice(colon + 2) };
}

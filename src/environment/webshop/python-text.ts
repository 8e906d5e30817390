/**
 * Python's notion of white space and of JSON text, where it differs from JavaScript's. The original benchmark is
 * written in Python, and its pages show the difference.
 */

const pythonWhiteSpace =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const leading = new RegExp(`^[${pythonWhiteSpace}]+`);
const trailingCharacter = new RegExp(`[${pythonWhiteSpace}]`);

/** `str.strip()`: unlike `trim`, it takes U+001C to U+001F and U+0085, and leaves U+FEFF. */
export function pythonStrip(text: string): string {
  const withoutStart = text.replace(leading, "");
  let end = withoutStart.length;
  while (end > 0 && trailingCharacter.test(withoutStart.charAt(end - 1))) end--;
  return withoutStart.slice(0, end);
}

/** `json.dumps` of one string: all but printable ASCII is escaped. */
export function pythonJsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `json.dumps` of a dict of strings, in the given order. */
export function pythonJsonObject(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, value]) => `${pythonJsonString(key)}: ${pythonJsonString(value)}`).join(", ")}}`;
}

/** Compares by code point, as Python's `sorted` does; `<` on JavaScript strings compares UTF-16 units. */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return rank(unitA) - rank(unitB);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, so they sort after U+E000 to U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

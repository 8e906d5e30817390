/** How Python writes values as text, where WebShop's pages and URLs show it. */

/** `repr` of a float: `17.4`, `100.0`, `1e-05`, `1e+16`, `inf`, `nan`. Both languages print the shortest digits. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (!Number.isFinite(value)) return `${sign}inf`;
  const [mantissa = "0", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const exponent = Number(exponentText);
  const digits = mantissa.replace(".", "");
  if (exponent < -4 || exponent >= 16) {
    const exponentSign = exponent < 0 ? "-" : "+";
    return `${sign}${mantissa}e${exponentSign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

/** `repr` of a string: single quotes, unless it holds a single and no double quote; unprintable characters escaped. */
export function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let result = quote;
  for (const character of text) result += character === quote ? `\\${quote}` : escaped(character);
  return result + quote;
}

/** `repr` of a dict of strings, in the order given: `{'color': 'red', 'size': '4'}`. */
export function pythonDict(entries: Iterable<readonly [key: string, value: string]>): string {
  const pairs = [...entries].map(([key, value]) => `${pythonString(key)}: ${pythonString(value)}`);
  return `{${pairs.join(", ")}}`;
}

/** `repr` of a tuple or list's elements joined, for strings: `('color', 'red')`. One element keeps its comma. */
export function pythonTuple(elements: readonly string[]): string {
  return `(${elements.map(pythonString).join(", ")}${elements.length === 1 ? "," : ""})`;
}

/** `round(value)`: to the nearest integer, halves to the even one. */
export function pythonRound(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

const shortEscapes = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

function escaped(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  // str.isprintable: everything but the categories Other and Separator, and the space.
  if (character === " " || !/[\p{C}\p{Z}]/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

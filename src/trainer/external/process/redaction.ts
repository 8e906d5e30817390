import process from "node:process";

/** Takes secrets out of a program's output. */
export interface Redaction {
  /** The text with `[redacted: NAME]` for the value of each variable. */
  apply(text: string): string;
  /** Length of the longest text that is taken out, 0 if there is none. */
  readonly longest: number;
}

/** Shorter values are no secrets but numbers, words and switches, which stand all over the output. */
const shortestSecret = 8;
const keyName = /KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL/i;

/**
 * Of the variables that a program is given, all values of at least eight characters; of those that it inherits, the ones whose names look
 * like those of keys.
 */
export function redactionOf(
  given: Readonly<Record<string, string>>,
  inherited: Readonly<Record<string, string | undefined>> = process.env,
): Redaction {
  const keys = Object.entries(inherited).filter(([name]) => keyName.test(name));
  const texts = new Map<string, string>();
  for (const [name, value] of [...keys, ...Object.entries(given)]) {
    for (const text of formsOf(value ?? "", keyName.test(name))) {
      if (text.length >= shortestSecret) texts.set(text, `[redacted: ${name}]`);
    }
  }
  // One may be a part of another.
  const longestFirst = [...texts].sort(([a], [b]) => b.length - a.length);
  return {
    apply: (text) => longestFirst.reduce((safe, [secret, shown]) => safe.replaceAll(secret, shown), text),
    longest: longestFirst[0]?.[0].length ?? 0,
  };
}

/** How a value may be printed: as it is, each of its lines, escaped, in an address; of a key also without the word before it ("Bearer sk-..."). */
function formsOf(value: string, isKey: boolean): string[] {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  const words = isKey ? value.split(/[\s=;,]+/) : [];
  return [value, ...lines, ...words].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text.toWellFormed()),
  ]);
}

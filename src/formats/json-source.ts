/**
 * The text of a value inside a JSON text, as it was written: numbers beyond 2^53, `1.0` and keys that occur twice do not survive
 * `JSON.parse`. Undefined if there is nothing at the path.
 *
 * @param json A valid JSON text.
 * @param path Keys and indices. Of a key that occurs twice the last one counts, as for `JSON.parse`.
 */
export function sourceOf(json: string, path: readonly (string | number)[]): string | undefined {
  let text = json.trim();
  for (const wanted of path) {
    const found = membersOf(text).findLast(({ key }) => key === wanted);
    if (found === undefined) return undefined;
    text = found.text;
  }
  return text;
}

/** The texts of the elements of the array at the path, as `sourceOf` gives each; none if there is no array. */
export function elementSources(json: string, path: readonly (string | number)[]): string[] {
  return membersOf(sourceOf(json, path) ?? "").map(({ text }) => text);
}

/** The same JSON without white space and needless escapes, its numbers as they were written. */
export function compactJson(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/gs, (token) =>
    token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : "",
  );
}

interface Member {
  /** Name or index. */
  readonly key: string | number;
  readonly text: string;
}

/** What stands in an object or array; nothing for any other value. */
function membersOf(text: string): Member[] {
  if (!/^[[{]/.test(text)) return [];
  const parts = splitAtCommas(text.slice(1, -1));
  if (text.startsWith("[")) return parts.map((part, index) => ({ key: index, text: part.trim() }));
  return parts.map((part) => {
    const name = /^\s*("(?:[^"\\]|\\.)*")\s*:/s.exec(part);
    const key: unknown = JSON.parse(name?.[1] ?? '""');
    return { key: String(key), text: part.slice(name?.[0].length ?? 0).trim() };
  });
}

/** At the commas that stand in no string and in no brackets. */
function splitAtCommas(text: string): string[] {
  if (text.trim() === "") return [];
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/gs)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    else if (token === "," && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** What a configuration file of a trainer may hold. */
export type YamlValue =
  | null
  | boolean
  | number
  | string
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue };

/** A YAML document (block style) of plain data. Strings are written as JSON strings, which are YAML strings. */
export function toYaml(value: { readonly [key: string]: YamlValue }): string {
  return `${blockOf(value, "").join("\n")}\n`;
}

function blockOf(
  value: { readonly [key: string]: YamlValue } | readonly YamlValue[],
  indent: string,
): string[] {
  const entries: (readonly [string, YamlValue])[] = isList(value)
    ? value.map((item) => ["-", item] as const)
    : Object.entries(value).map(([key, item]) => [`${keyText(key)}:`, item] as const);
  return entries.flatMap(([start, item]) => {
    if (item === null || typeof item !== "object" || Object.keys(item).length === 0) {
      return [`${indent}${start} ${scalar(item)}`];
    }
    return [`${indent}${start}`, ...blockOf(item, `${indent}  `)];
  });
}

/** What YAML 1.1, which Python's library reads, takes for a truth value or for nothing. */
const reservedWord = /^(y|yes|n|no|on|off|true|false|null)$/i;

function keyText(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) && !reservedWord.test(key) ? key : JSON.stringify(key);
}

function scalar(value: YamlValue): string {
  if (typeof value === "number") return numberText(value);
  return JSON.stringify(value);
}

/** YAML 1.1 takes 1e-7 for a string and 1.0e-7 for a number. */
function numberText(value: number): string {
  const text = String(value);
  return /^-?\d+e/.test(text) ? text.replace("e", ".0e") : text;
}

function isList(value: object): value is readonly YamlValue[] {
  return Array.isArray(value);
}

import { parseArgs } from "node:util";
import type { ArgsDef } from "citty";
import { ConfigurationError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** Positional arguments that take any number of values; citty knows only single ones. */
const lists: ReadonlySet<string> = new Set(["runs", "files"]);
/** Options for which an empty text is not the same as none: a chat template may have a system prompt of its own. */
const mayBeEmpty: ReadonlySet<string> = new Set(["system"]);

/**
 * Refuses what citty passes over: unknown options, options that are given twice, without a value or with an empty one, and more
 * arguments than the command takes.
 * @param command As it is called, such as "eef webshop replay".
 * @throws ConfigurationError naming the first of them.
 */
export function checkArguments(command: string, definitions: ArgsDef, given: readonly string[]): void {
  const positionals = Object.keys(definitions).filter((name) => definitions[name]?.type === "positional");
  const types = new Map<string, "boolean" | "string">();
  for (const [name, { type }] of Object.entries(definitions)) {
    if (type !== "positional") types.set(name, type === "boolean" ? "boolean" : "string");
  }
  const { tokens } = parseArgs({
    args: [...given],
    options: Object.fromEntries([...types].map(([name, type]) => [name, { type }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const seen = new Set<string>();
  const values: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") values.push(token.value);
    if (token.kind !== "option") continue;
    const negated = token.name.replace(/^no-/, "");
    const name = types.get(negated) === "boolean" ? negated : token.name;
    const type = types.get(name);
    if (type === undefined) throw unknownOption(command, token.rawName, nearest(name, [...types.keys()]));
    if (seen.has(name)) throw refusal(command, `: --${name} is given twice.`);
    seen.add(name);
    checkValue(command, name, type, token);
  }
  checkPositionals(command, positionals, values);
}

function checkValue(
  command: string,
  name: string,
  type: "boolean" | "string",
  { value, inlineValue }: { readonly value?: string | undefined; readonly inlineValue?: boolean | undefined },
): void {
  if (type === "boolean") {
    if (value === undefined || /^(true|false)$/.test(value)) return;
    throw refusal(command, `: --${name} takes no value, not ${JSON.stringify(value)}.`);
  }
  if (value === undefined || (value.trim() === "" && !mayBeEmpty.has(name))) {
    throw refusal(command, `: --${name} needs a value.`);
  }
  if (inlineValue !== true && /^--?[a-z]/i.test(value)) {
    const hint = `If that is the value, write --${name}=${value}`;
    throw refusal(command, `: --${name} needs a value, but ${value} follows.`, hint);
  }
}

function checkPositionals(command: string, names: readonly string[], values: readonly string[]): void {
  const empty = values.findIndex((value) => value.trim() === "");
  if (empty >= 0) throw refusal(command, `: argument ${empty + 1} is empty.`);
  const surplus = names.some((name) => lists.has(name)) ? undefined : values[names.length];
  if (surplus === undefined) return;
  const taken = names.length === 0 ? "no argument" : names.map((name) => name.toUpperCase()).join(" and ");
  throw refusal(command, ` takes ${taken}; ${JSON.stringify(surplus)} is one too many.`);
}

function unknownOption(command: string, option: string, suggestion: string | undefined): ConfigurationError {
  const hint = suggestion === undefined ? `${command} --help lists them.` : `Did you mean --${suggestion}?`;
  return refusal(command, ` has no option ${option}.`, hint);
}

function refusal(
  command: string,
  problem: string,
  hint = `${command} --help shows what it takes.`,
): ConfigurationError {
  return new ConfigurationError(`${command}${problem}`, { hint });
}

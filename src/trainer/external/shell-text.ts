import type { Command } from "./process/supervised-process.ts";

/** A command as it would be typed into a POSIX shell. */
export function shellText({ program, arguments: given, environment = {} }: Command): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
  return [...variables, ...[program, ...given].map(quoted)].join(" ");
}

/** One word of a shell's command line. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

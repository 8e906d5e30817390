import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ArgsDef } from "citty";
import { describe, expect, it } from "vitest";
import { checkArguments } from "./check-arguments.ts";
import { resolved } from "./command-line.test-helpers.ts";
import { type Command, commands } from "./commands.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The words of a command line behind `eef`, as a shell would see them up to a comment, a pipe or a redirection. */
function wordsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  const end = words.findIndex((word) => /^(#|\||>|<|&&|;)/.test(word));
  return words.slice(0, end < 0 ? words.length : end).map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
}

async function check(words: readonly string[]): Promise<void> {
  const [name = "", ...others] = words;
  const entry = Object.entries(commands).find(([known]) => known === name)?.[1];
  if (entry === undefined) throw new Error(`there is no command ${JSON.stringify(name)}`);
  let command: Command = (await entry.load()).default;
  let path = name;
  for (;;) {
    const subCommands = await resolved(command.subCommands);
    if (subCommands === undefined) break;
    const next = others.shift() ?? "";
    const subCommand = await resolved(subCommands[next]);
    if (subCommand === undefined) throw new Error(`${path} has no command ${JSON.stringify(next)}`);
    command = subCommand;
    path += ` ${next}`;
  }
  const definitions: ArgsDef = (await resolved(command.args)) ?? {};
  checkArguments(`eef ${path}`, definitions, others);
  const required = Object.values(definitions).filter(
    ({ type, required: isRequired }) => type === "positional" && isRequired !== false,
  );
  expect(others.length).toBeGreaterThanOrEqual(required.length);
}

const examples = (
  await Promise.all(Object.values(commands).map(async ({ load }) => (await load()).examples ?? []))
)
  .flat()
  .map((line) => ({ line, command: /\beef (.*)$/.exec(line)?.[1] ?? "" }));

const documented = globSync(
  ["README.md", "docs/**/*.md", "examples/**/*.md", "bench/**/*.md", "CONTRIBUTING.md"],
  {
    cwd: root,
  },
).flatMap((file) =>
  readFileSync(`${root}${file}`, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      const command = /^\s*(?:\$ )?(?:npx |npm run )?eef (?:-- )?(.*)$/.exec(line)?.[1];
      return command === undefined ? [] : [{ place: `${file}:${index + 1}`, command }];
    }),
);

describe("commands that are shown to users are taken", () => {
  it.each(examples)("in --help: $line", async ({ command }) => {
    await check(wordsOf(command));
  });

  it.each(documented)("$place: $command", async ({ command }) => {
    await check(wordsOf(command));
  });
});

import type { ArgsDef } from "citty";
import { describe, expect, it } from "vitest";
import { checkArguments } from "./check-arguments.ts";
import { commandFixture, resolved } from "./command-line.test-helpers.ts";
import { runCommandLine } from "./command-line.ts";
import { type Command, commands } from "./commands.ts";

interface Leaf {
  /** As it is typed, such as ["webshop", "replay"]. */
  readonly path: readonly string[];
  readonly definitions: ArgsDef;
}

/** The commands that take arguments: those without commands of their own. */
async function leavesOf(path: readonly string[], command: Command): Promise<Leaf[]> {
  const subCommands = await resolved(command.subCommands);
  if (subCommands === undefined) return [{ path, definitions: (await resolved(command.args)) ?? {} }];
  const leaves = Object.entries(subCommands).map(async ([name, subCommand]) =>
    leavesOf([...path, name], await resolved(subCommand)),
  );
  return (await Promise.all(leaves)).flat();
}

const leaves = (
  await Promise.all(
    Object.entries(commands).map(async ([name, { load }]) => leavesOf([name], (await load()).default)),
  )
).flat();
const takesMany = ({ definitions }: Leaf) =>
  Object.values(definitions).some(({ description = "" }) => description.includes("as many as there are"));
const positionalsOf = ({ definitions }: Leaf) =>
  Object.values(definitions).filter(({ type }) => type === "positional");
const optionsOf = ({ definitions }: Leaf, type: "string" | "boolean") =>
  Object.keys(definitions).filter((name) => definitions[name]?.type === type);
const named = (leaf: Leaf) => ({ ...leaf, command: leaf.path.join(" ") });

const fixture = commandFixture();
async function expectRefusal(commandLine: readonly string[], message: string): Promise<void> {
  expect(await runCommandLine(commandLine)).toBe(1);
  expect(fixture.printed).toEqual([]);
  expect(fixture.errors.at(-1)).toContain(`Error: eef ${message}`);
}

describe("a command line", () => {
  it.each(leaves.filter((leaf) => !takesMany(leaf)).map(named))(
    "eef $command: refuses one argument too many, and names it",
    async (leaf) => {
      const taken = positionalsOf(leaf).map((_, index) => `argument-${index}`);
      await expectRefusal([...leaf.path, ...taken, "surplus"], `${leaf.command} takes `);
      expect(fixture.errors.at(-1)).toContain(
        `"surplus" is one too many.\neef ${leaf.command} --help shows what it takes.`,
      );
    },
  );

  it("lets commands that take lists have them", () => {
    const lists = leaves.filter(takesMany);
    expect(lists.map(({ path }) => path.join(" "))).toEqual(["compare", "webshop replay", "summary"]);
    for (const { definitions } of lists) checkArguments("eef", definitions, ["a", "b", "--", "c", "-d"]);
  });

  it.each(leaves.filter((leaf) => positionalsOf(leaf).length > 0).map(named))(
    "eef $command: refuses an empty argument",
    async ({ path, command }) => {
      await expectRefusal([...path, " "], `${command}: argument 1 is empty.`);
    },
  );

  it.each(leaves.map(named))(
    "eef $command: refuses an option that is given twice, without a value, with an empty one, or with another option in its place",
    async (leaf) => {
      const { path, command } = leaf;
      for (const name of optionsOf(leaf, "string")) {
        const option = `--${name}`;
        await expectRefusal([...path, option, "1", `${option}=2`], `${command}: ${option} is given twice.`);
        await expectRefusal([...path, option], `${command}: ${option} needs a value.`);
        await expectRefusal([...path, `--no-${name}`], `${command} has no option --no-${name}.`);
        const instead = `${command}: ${option} needs a value, but --json follows.`;
        await expectRefusal([...path, option, "--json"], instead);
        if (name === "system") continue;
        await expectRefusal([...path, option, ""], `${command}: ${option} needs a value.`);
        await expectRefusal([...path, `${option}= `], `${command}: ${option} needs a value.`);
      }
      for (const name of optionsOf(leaf, "boolean")) {
        const twice = `${command}: --${name} is given twice.`;
        await expectRefusal([...path, `--${name}`, `--no-${name}`], twice);
        await expectRefusal([...path, `--${name}=1`], `${command}: --${name} takes no value, not "1".`);
      }
    },
  );

  it("may have values that begin with a dash, and an empty system prompt", () => {
    const definitions: ArgsDef = {
      out: { type: "string" },
      system: { type: "string" },
      seed: { type: "string" },
      json: { type: "boolean" },
    };
    const command = ["--out", "-", "--system", "", "--seed", "-1", "--no-json"];
    expect(() => checkArguments("eef", definitions, command)).not.toThrow();
    expect(() => checkArguments("eef", definitions, ["--out=-a", "--json=false"])).not.toThrow();
  });

  it.each([["constructor"], ["webshop", "constructor"]])("%s %s is no command", async (...words) => {
    expect(await runCommandLine(words)).toBe(1);
    expect(fixture.errors.join("\n")).toMatch(/no command "constructor"/);
  });

  it("asks for a command's help with help, too", async () => {
    expect(await runCommandLine(["help", "webshop", "replay"])).toBe(0);
    expect(fixture.printed.join("\n")).toContain("eef webshop replay");
  });
});

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { runCommandLine } from "./command-line.ts";
import { commands } from "./commands.ts";

const folder = mkdtempSync(join(tmpdir(), "eef-cli-"));
const toyConfig = fileURLToPath(new URL("../../test/toy/eef.config.ts", import.meta.url));
const run = join(folder, "runs", "toy");

let output = "";
let errors = "";
function catchOutput(): void {
  output = "";
  errors = "";
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  vi.spyOn(console, "log").mockImplementation((text) => {
    output += `${text}\n`;
  });
  vi.spyOn(console, "error").mockImplementation((...parts) => {
    errors += `${parts.join(" ")}\n`;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    errors += String(text);
    return true;
  });
}
beforeEach(catchOutput);
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
beforeAll(async () => {
  catchOutput();
  await runCommandLine(["run", toyConfig, "--data", folder]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test("without a command the commands are listed", async () => {
  expect(await runCommandLine([])).toBe(0);
  for (const name of Object.keys(commands)) expect(output).toContain(`\n  ${name} `);
});

test.each(Object.keys(commands))("eef %s --help tells what it takes and gives examples", async (name) => {
  expect(await runCommandLine([name, "--help"])).toBe(0);
  expect(output).toContain(`eef ${name}`);
  expect(output).toContain("EXAMPLES");
});

test("a mistyped command or option is refused with the nearest known one", async () => {
  expect(await runCommandLine(["rum"])).toBe(1);
  expect(errors).toContain('Did you mean "run"?');
  expect(await runCommandLine(["run", "--sed", "3"])).toBe(1);
  expect(errors).toContain("Did you mean --seed?");
});

test("the first line of a run says how long it takes: as stated, or as it took last time", async () => {
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "another-cache"));
  const config = join(folder, "timed.config.ts");
  const toy = JSON.stringify(fileURLToPath(new URL("../../test/toy/config.ts", import.meta.url)));
  const settings = `{ name: "timed", seed, expectedMinutes: 9, tasks: { train: 5 } }`;
  writeFileSync(
    config,
    `import { toyConfig } from ${toy};
    export default ({ seed = 1 }) => toyConfig(${JSON.stringify(folder)}, ${settings});`,
  );
  expect(await runCommandLine(["run", config])).toBe(0);
  expect(errors).toMatch(/^This run takes about 9 min on 2 CPU cores/);
  errors = "";
  expect(await runCommandLine(["run", config, "--seed", "3"])).toBe(0);
  expect(errors).toMatch(/^This run takes about .+ as last time on this machine/);
});

test("a missing argument, configuration or run directory is an error of the user, without a stack", async () => {
  const attempts = [
    ["explain"],
    ["run", "nothing.config.ts"],
    ["compare", folder],
    ["compare"],
    ["report", "no"],
  ];
  for (const attempt of attempts) {
    errors = "";
    expect(await runCommandLine(attempt)).toBe(1);
    expect(errors).toMatch(/^Error: .+\n.*/);
    expect(errors).not.toContain(" at ");
  }
});

test("a defect is printed with its stack, and the exit code tells it apart", async () => {
  const config = join(folder, "defect.config.js");
  writeFileSync(config, "export default () => { throw new TypeError('of ours'); };");
  expect(await runCommandLine(["run", config])).toBe(70);
  expect(errors).toContain("TypeError: of ours");
});

test("eef run prints the results table, and with --json the same as data", async () => {
  expect(await runCommandLine(["run", toyConfig, "--data", folder])).toBe(0);
  expect(output).toContain("RFT x3");
  expect(output).toContain("expert (porter)");
  expect(errors).toMatch(/^.+ has finished already/);
  output = "";
  expect(await runCommandLine(["run", toyConfig, "--data", folder, "--json"])).toBe(0);
  const table = z.object({ baseline: z.string(), rows: z.array(z.object({ method: z.string() })) });
  const { baseline, rows } = table.parse(JSON.parse(output));
  expect(baseline).toBe("RFT x3");
  expect(rows.map((row) => row.method)).toEqual(["expert (porter)", "SFT", "RFT", "RFT x3", "EEF"]);
});

test("another seed is another run, and eef compare puts both into one table", async () => {
  expect(await runCommandLine(["run", toyConfig, "--data", folder, "--seed", "8"])).toBe(0);
  output = "";
  expect(await runCommandLine(["compare", run, `${run}-seed-8`])).toBe(0);
  expect(output).toContain("2 runs");
});

test("eef compare counts a run once, and its tasks as others where the seed makes them", async () => {
  expect(await runCommandLine(["run", toyConfig, "--data", folder, "--seed", "8"])).toBe(0);
  output = "";
  errors = "";
  const latest = join(folder, "runs", "latest");
  expect(await runCommandLine(["compare", `${run}-seed-8`, latest, `${run}-seed-8/`])).toBe(0);
  expect(output).toContain("1 run,");
  expect(errors).toContain(`${latest} is the same run as ${run}-seed-8`);
});

test("a run that another configuration began is refused without a word about its duration", async () => {
  expect(await runCommandLine(["run", toyConfig, "--data", folder, "--seed", "9", "--name", "toy"])).toBe(1);
  expect(errors).toMatch(/^Error: .+ was started with another configuration/);
});

test("eef compare refuses runs of different environments, naming both", async () => {
  const other = join(folder, "runs", "elsewhere");
  cpSync(run, other, { recursive: true });
  const file = join(other, "config.json");
  const config = z
    .looseObject({ environment: z.looseObject({}) })
    .parse(JSON.parse(readFileSync(file, "utf8")));
  config.environment.name = "another world";
  writeFileSync(file, JSON.stringify(config));
  expect(await runCommandLine(["compare", run, other])).toBe(1);
  expect(errors).toContain(`${run} is a run in doors, ${other} one in another world.`);
});

test.each(["compare", "report", "run"])(
  "eef %s refuses an unknown baseline, and names the known",
  async (name) => {
    const target = name === "run" ? [toyConfig, "--data", folder, "--name", "never-begun"] : [run];
    expect(await runCommandLine([name, ...target, "--baseline", "RFT x33"])).toBe(1);
    expect(errors).toContain('There is no method "RFT x33" to compare with.');
    expect(errors).toContain('Did you mean "RFT x3"? There are expert (porter), SFT, RFT, RFT x3, EEF.');
    expect(existsSync(join(folder, "runs", "never-begun"))).toBe(false);
  },
);

test("eef explain tells each action's label and use, and lists tasks for an unknown one", async () => {
  expect(await runCommandLine(["explain", run, "train-0"])).toBe(0);
  expect(output).toContain("Task train-0");
  expect(output).toMatch(/iteration 1: (beneficial|harmful|neutral|unknown)/);
  expect(await runCommandLine(["explain", run, "train-999"])).toBe(1);
  expect(errors).toContain("for example train-0, train-1");
  expect(await runCommandLine(["explain", run, "train-0", "--method", "DPO"])).toBe(1);
  expect(errors).toContain("It has SFT, RFT, RFT x3, EEF.");
});

test("a phase command of an unknown method lists the known ones", async () => {
  expect(await runCommandLine(["train", toyConfig, "--data", folder, "--method", "PPO"])).toBe(1);
  expect(errors).toContain("Its methods are SFT, RFT, RFT x3, EEF.");
});

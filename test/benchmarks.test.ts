import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "eef-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const scripts = globSync("bench/*/*.ts", { cwd: root })
  .filter((script) => /readCommandLine\(\s*import/.test(readFileSync(join(root, script), "utf8")))
  .toSorted();

/** With what a script of these arguments ended. */
function run(script: string, ...options: string[]) {
  const command = [join(root, "bench", script), ...options];
  return spawnSync(process.execPath, command, { encoding: "utf8", cwd: folder });
}

test("no benchmark reads its command line in another way", () => {
  const others = globSync("bench/**/*.ts", { cwd: root }).filter((script) => {
    const text = readFileSync(join(root, script), "utf8");
    return !scripts.includes(script) && /process\.argv|parseArgs/.test(text);
  });
  expect(others).toEqual([join("bench", "command-line.ts")]);
});

test.each(scripts)("%s: the comment at its head names the options that it takes", (script) => {
  const text = readFileSync(join(root, script), "utf8");
  const [, head = ""] = /^\/\*\*(.*?)\*\//s.exec(text) ?? [];
  const [, definitions = ""] = /readCommandLine\(\s*import\.meta\.url,(.*?)\);\n/s.exec(text) ?? [];
  // Of node; and what a benchmark passes to a process of its own.
  const others = ["expose-gc", "write"];
  const named = [...head.matchAll(/--([a-z-]+)/g)].flatMap(([, name = ""]) => name);
  const taken = [...definitions.matchAll(/"?([a-z-]+)"?: \{ type: /g)].flatMap(([, name = ""]) => name);
  const sorted = (names: readonly string[]) =>
    [...new Set(names.filter((name) => !others.includes(name)))].toSorted();
  expect(sorted(named)).toEqual(sorted(taken));
});

test.each<[string, readonly string[], string]>([
  ["model/guesses.ts", [], "Name a run directory of the embedded student."],
  ["model/guesses.ts", ["nowhere"], "nowhere is not a run directory: it holds no run.sqlite."],
  ["model/guesses.ts", ["nowhere", "else"], 'Unexpected argument: "else".'],
  ["model/guesses.ts", ["nowhere", "--rounds", "0"], '--rounds takes an integer of at least 1, not "0".'],
  ["model/training.ts", ["--stepz", "3"], "Unknown option '--stepz'."],
  ["model/fine-tuning-on-branches.ts", ["nowhere"], "nowhere is not a run directory"],
  ["model/fine-tuning-against-transformers.ts", ["nowhere"], "nowhere is not a run directory"],
  ["model/simulations-against-peers.ts", ["--records", "none.jsonl"], "none.jsonl"],
  ["model/decoding-against-pytorch.ts", ["--python", "no-such-python"], "no-such-python cannot be started."],
  ["webshop/steps.ts", ["--data", "nowhere"], "nowhere"],
])("%s %j ends with one clear line, and without a stack", (script, options, message) => {
  const { status, stderr, stdout } = run(script, ...options);
  expect(stderr).toContain(`Error: `);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe("");
  expect(status).toBe(1);
});

test("--help prints how a benchmark is called", () => {
  const { status, stdout } = run("model/guesses.ts", "--help");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^What guessing .*\n\n {4}node bench\/model\/guesses\.ts RUN /);
});

test("a defect of a benchmark keeps its stack", () => {
  const script = join(folder, "defect.ts");
  const helper = JSON.stringify(new URL("../bench/command-line.ts", import.meta.url).href);
  writeFileSync(
    script,
    `import { readCommandLine } from ${helper};\nreadCommandLine(import.meta.url, {});\nthrow new TypeError("of ours");`,
  );
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  expect(stderr).toMatch(/TypeError: of ours\n\s+at /);
  expect(status).toBe(1);
});

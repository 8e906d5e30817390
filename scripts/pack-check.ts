/**
 * Packs the package, installs it into an empty project and uses it there as a stranger would: from JavaScript, from
 * TypeScript with its types, and on the command line.
 *
 *     npm run pack-check
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "eef-pack-"));

const javaScriptUse = `
import { defineConfig, eef, embeddedTrainer, rft, runPipeline, sft, shippedBase } from "eef";
const methods = [sft(), rft({ rollouts: 6 }), eef()].map((method) => method.name).join(", ");
if (methods !== "SFT, RFT x6, EEF") throw new Error(methods);
if (typeof defineConfig !== "function" || typeof runPipeline !== "function") throw new Error("missing exports");
// The student decodes in threads, whose program is a file of the package.
const trainer = embeddedTrainer({ base: shippedBase });
const student = await trainer.open(await trainer.base());
const messages = [{ role: "user", content: "Say something." }];
const { generatedTokens } = await student.act({ messages, seed: 1, turn: 0, temperature: 1 });
await student[Symbol.asyncDispose]();
if (!(generatedTokens > 0)) throw new Error("the student is silent");
`;

/** Stricter than most: our declarations are checked as well, and no library is named but the target's own. */
const strangersTypeScript = {
  compilerOptions: {
    target: "es2024",
    module: "nodenext",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: [],
  },
  files: ["eef.config.ts"],
};

try {
  run("npm", ["pack", "--pack-destination", project], root);
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack made no tarball");

  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "stranger", private: true, type: "module" }),
  );
  // Scripts of dependencies are not needed: the tensor engine's only fetches what this project does not use.
  run(
    "npm",
    ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", `./${tarball}`],
    project,
  );

  writeFileSync(join(project, "use.js"), javaScriptUse);
  run(process.execPath, ["use.js"], project);

  // The example of an environment of one's own, as its readers would write it: importing the package by its name.
  for (const file of ["library.ts", "expert.ts", "eef.config.ts"]) {
    const path = join(project, file);
    cpSync(join(root, "examples", "custom-environment", file), path);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("../../src/index.ts", "eef"));
  }
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(strangersTypeScript));
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project], project);

  const eef = join("node_modules", "eef", "dist", "cli", "main.js");
  run("npx", ["--no-install", "eef", "--help"], project);
  run(process.execPath, [eef, "doctor"], project);
  run(process.execPath, [eef, "expert", "eef.config.ts"], project);
  console.log("The packed package works in an empty project.");
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** Runs a command; its output is shown only if it fails. */
function run(command: string, commandArguments: readonly string[], cwd: string): void {
  console.log(`> ${[command === process.execPath ? "node" : command, ...commandArguments].join(" ")}`);
  const { status, stdout, stderr, error } = spawnSync(command, commandArguments, {
    cwd,
    encoding: "utf8",
    // On Windows npm and npx are scripts, which need a shell.
    shell: process.platform === "win32" && command !== process.execPath,
  });
  if (status === 0) return;
  throw new Error(`${command} failed with ${status ?? error}\n${stdout}\n${stderr}`);
}

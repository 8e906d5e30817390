/**
 * Builds the package: `src` -> `dist`, types included, and what the code reads at run time beside it.
 *
 *     npm run build
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");
const output = join(root, "dist");
/** Files of these kinds are data that the code opens; JSON modules are copied by the compiler already. */
const dataFiles = /\.(json|html|css|proto|txt)$/;

rmSync(output, { recursive: true, force: true });
const compiled = spawnSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit",
  },
);
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && dataFiles.test(entry.name)) cpSync(path, join(output, path.slice(source.length)));
}
// The compiler keeps the first line (#!/usr/bin/env node) but not the permission to run the file.
chmodSync(join(output, "cli", "main.js"), 0o755);

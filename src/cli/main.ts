#!/usr/bin/env node
import process from "node:process";
import { isSupportedNode, leastNode } from "./node-version.ts";

// Node 22 calls its SQLite experimental. That says nothing to a user of eef; other warnings are shown as ever.
process.removeAllListeners("warning");
process.on("warning", (warning) => {
  if (warning.name !== "ExperimentalWarning") console.error(`${warning.name}: ${warning.message}`);
});

if (isSupportedNode(process.versions.node)) {
  // Loaded only now, because an older Node does not have the modules it needs.
  const { runCommandLine } = await import("./command-line.ts");
  process.exitCode = await runCommandLine(process.argv.slice(2));
} else {
  console.error(`Error: eef needs Node ${leastNode} or newer; this is ${process.version}.`);
  process.exitCode = 1;
}
// A library's worker or open socket must not keep a finished command alive; what was printed is flushed first.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
);
process.exit();

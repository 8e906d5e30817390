#!/usr/bin/env node
import process from "node:process";
import { isSupportedNode, leastNode } from "./node-version.ts";

// Node 22 calls its SQLite experimental. That says nothing to a user of eef; other warnings are shown as ever.
process.removeAllListeners("warning");
process.on("warning", (warning) => {
  if (warning.name !== "ExperimentalWarning") console.error(`${warning.name}: ${warning.message}`);
});

if (isSupportedNode(process.versions.node)) {
  // Loaded only now, because an older Node does not have the modules they need.
  const { exitCodes, runCommandLine } = await import("./command-line.ts");
  const { outliveReaders } = await import("./standard-output.ts");
  const exitCodeWithOutput = outliveReaders();
  const own = await runCommandLine(process.argv.slice(2));
  await flush();
  process.exitCode = exitCodeWithOutput(own, exitCodes.failure);
} else {
  console.error(`Error: eef needs Node ${leastNode} or newer; this is ${process.version}.`);
  process.exitCode = 1;
}
await flush();
// A library's worker or open socket must not keep a finished command alive.
process.exit();

/** Waits until what was printed has been written, or has failed to be. */
async function flush(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(streams.map((stream) => new Promise((done) => stream.write("", done))));
}

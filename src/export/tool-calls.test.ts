import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../trainer/external/stand-in.test-helpers.ts";
import { exampleFormats } from "./example-formats.ts";
import { smallExample } from "./examples.test-helpers.ts";
import { exportExamples } from "./export-examples.ts";

it("tells how many native tool calls a format holds as text", async () => {
  using folder = temporaryFolder();
  const toolCall = { id: "call00001", name: "search", arguments: '{"query":"lamp"}', content: "" };
  const messages = smallExample.messages.map((message, index) =>
    index === 2 ? { ...message, toolCall } : message,
  );
  const example = { ...smallExample, messages };
  const asText: string[] = [];
  for (const format of exampleFormats) {
    if (format.needsTokenizer === true) continue;
    const file = join(folder.path, `${format.name}.${format.layout === "array" ? "json" : "jsonl"}`);
    const { callsAsText } = await exportExamples(file, [{ example, file, line: 1, text: "" }], format);
    if (callsAsText === 1) asText.push(format.name);
    else expect(callsAsText).toBe(0);
  }
  expect(asText).toEqual(["trl-template", "llama-factory"]);
});

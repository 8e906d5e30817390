import type { ExampleFormat } from "./example-format.ts";
import { flaggedMessages, type ToolCallForm, toolsColumn } from "./messages-format.ts";

const format = (calls: ToolCallForm): ExampleFormat => ({
  name: "ms-swift",
  description: "ms-swift: messages with loss: true or false",
  layout: "lines",
  callsAsTextBecause: () => (calls === "native" ? undefined : "ms-swift 3 knows no tool calls"),
  rowsOf: (example) => [
    {
      messages: flaggedMessages(example, "loss", (isTrained) => isTrained, "assistant messages", calls),
      ...(calls === "native" ? toolsColumn(example) : {}),
    },
  ],
  usage: ({ file }) => `swift sft --dataset ${JSON.stringify(file)} --loss_scale default`,
});

/** ms-swift: each assistant message carries `loss`, which its native tool call then has too. */
export const msSwiftFormat: ExampleFormat = format("native");

/** For ms-swift 3, which knows no `tool_calls` and forgets the `loss` of calls in its own form. */
export const msSwift3Format: ExampleFormat = format("text");

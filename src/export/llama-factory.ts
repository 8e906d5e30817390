import { basename } from "node:path";
import { type ProtocolMessage, withToolCalls } from "../formats/tool-call-messages.ts";
import type { ExampleFormat, PreparedExample } from "./example-format.ts";
import { requireTakingTurns, toolsColumn, untilEachTarget } from "./messages-format.ts";

/**
 * LLaMA-Factory copies only role and content of its ShareGPT format, so a message cannot say whether it is trained on. Hence one sample for each
 * target, trained with `mask_history: true`.
 *
 * A native tool call is a message of its own role whose content is the call as JSON, and `tools` are JSON too, in a string. A text before the
 * call is kept if the call is marked; the chat template of LLaMA-Factory then writes what it writes for calls.
 */
export const llamaFactoryFormat: ExampleFormat = {
  name: "llama-factory",
  description: "LLaMA-Factory: one ShareGPT sample for each target, for mask_history: true",
  layout: "array",
  rowsOf: (example) => {
    requireTakingTurns(example);
    const isText = textCalls(example) !== undefined;
    const messages = isText
      ? example.messages.map(({ role, content }) => ({ role, content }))
      : withToolCalls(example.messages).map(shareGptMessage);
    const hasCalls = messages.some(({ role }) => role === "function_call");
    const { tools = [] } = hasCalls ? toolsColumn(example) : {};
    // The column has to be there if it is named, whether a row has tools or not.
    const column = tools.length === 0 ? "" : JSON.stringify(tools);
    return untilEachTarget(example, messages).map((row) => ({ messages: row, tools: column }));
  },
  callsAsTextBecause: textCalls,
  companions: ({ file, name }) => [
    {
      name: `${name}.dataset_info.json`,
      content: `${JSON.stringify(
        {
          [name]: {
            file_name: basename(file),
            formatting: "sharegpt",
            columns: { messages: "messages", tools: "tools" },
            tags: {
              role_tag: "role",
              content_tag: "content",
              user_tag: "user",
              assistant_tag: "assistant",
              system_tag: "system",
              function_tag: "function_call",
              observation_tag: "observation",
            },
          },
        },
        undefined,
        2,
      )}\n`,
    },
  ],
  usage: ({ name }) =>
    `Copy the entry of ${name}.dataset_info.json into dataset_info.json beside the file, and train with \`dataset: ${name}\` and \`mask_history: true\`. Without mask_history the masked messages are trained on too. With native tool calls name a \`template\` of LLaMA-Factory that knows tools (qwen, llama3, ...): the default writes them in words of its own.`,
};

const [callStart, callEnd] = ["<tool_call>", "</tool_call>"] as const;

function shareGptMessage(message: ProtocolMessage): { readonly role: string; readonly content: string } {
  const { role, content } = message;
  if (role === "tool") return { role: "observation", content };
  const call = role === "assistant" ? message.tool_calls?.[0] : undefined;
  if (call === undefined) return { role, content };
  const { name, arguments: written } = call.function;
  const json = `{"name": ${JSON.stringify(name)}, "arguments": ${written}}`;
  return {
    role: "function_call",
    // Nothing but the text stands before the call when LLaMA-Factory has put it together; models separate the two by a line break.
    content: content.trim() === "" ? json : `${content}\n${callStart}${json}${callEnd}`,
  };
}

function textCalls({ messages }: PreparedExample): string | undefined {
  const isUnclear = messages.some(
    ({ toolCall }) =>
      toolCall !== undefined &&
      [callStart, callEnd].some((word) => `${toolCall.content}${toolCall.arguments}`.includes(word)),
  );
  return isUnclear
    ? `in some of the examples a call holds ${callStart} or ${callEnd}, by which LLaMA-Factory tells a call from the text before it`
    : undefined;
}

import { withToolCalls } from "../formats/tool-call-messages.ts";
import { parseArguments } from "../formats/tool-call-text.ts";
import { markOf, unusedMark } from "../model/tokenizer/chat-marks.ts";
import {
  ChatTemplateError,
  type RenderChat,
  type TemplateMessage,
  type TemplateTool,
} from "../model/tokenizer/chat-template.ts";
import { findMessages } from "../model/tokenizer/message-spans.ts";
import type { TrainingExample } from "../trainer/trainer.ts";

/** The messages of an example as a chat template is given them. */
export interface TemplateChat {
  readonly messages: readonly TemplateMessage[];
  readonly tools?: readonly TemplateTool[];
  /** Why native tool calls stand there as text, if they do. */
  readonly callsAsTextBecause?: string;
}

/** With native tool calls as such where the template writes all that is in them, and otherwise all of them by their text form. */
export function templateChat(
  { messages, tools }: Pick<TrainingExample, "messages" | "tools">,
  renderChat: RenderChat,
  templateFile: string,
): TemplateChat {
  const plain = plainMessages(messages);
  const withCalls = callMessages(messages);
  if (withCalls.every((message) => message.tool_calls === undefined)) return { messages: plain };
  const given =
    tools === undefined
      ? {}
      : { tools: tools.map((tool) => ({ type: "function", function: tool }) as const) };
  const problem = callsProblem(withCalls, given.tools, renderChat, templateFile);
  return problem === undefined
    ? { messages: withCalls, ...given }
    : { messages: plain, callsAsTextBecause: problem };
}

/** For the reader of a mask. */
export function textCallsNotes({ callsAsTextBecause: reason }: TemplateChat): string[] {
  return reason === undefined ? [] : [`Native tool calls stand here as text: ${reason}.`];
}

/** Without calls: an action is its text form. */
export function plainMessages(messages: TrainingExample["messages"]): readonly TemplateMessage[] {
  return messages.map(({ role, content }) => ({ role, content }));
}

function callMessages(messages: TrainingExample["messages"]): readonly TemplateMessage[] {
  return withToolCalls(messages).map((message): TemplateMessage => {
    if (message.role !== "assistant") return message;
    const { tool_calls: calls, ...rest } = message;
    if (calls === undefined) return rest;
    return {
      ...rest,
      tool_calls: calls.map(({ function: { name, arguments: written }, ...call }) => ({
        ...call,
        // Calls whose arguments are no object have stayed text.
        function: { name, arguments: parseArguments(written) ?? {} },
      })),
    };
  });
}

/**
 * What a template does wrong with native tool calls; undefined if nothing. Many templates print no tools, or leave out calls or what is
 * written beside them, without a word: so all of these are replaced by marks, and every mark has to be printed.
 */
function callsProblem(
  messages: readonly TemplateMessage[],
  tools: readonly TemplateTool[] | undefined,
  renderChat: RenderChat,
  templateFile: string,
): string | undefined {
  try {
    const rendered = renderChat(messages, false, tools);
    const marked = markCalls(messages, tools, unusedMark(rendered));
    const printed = renderChat(marked.messages, false, marked.tools);
    const missing = marked.parts.find(({ mark }) => !printed.includes(mark));
    if (missing !== undefined) return `the chat template of ${templateFile} leaves out ${missing.name}`;
    const spans = findMessages(messages, (each, prompt = false) => renderChat(each, prompt, tools));
    return spans === undefined
      ? `the chat template of ${templateFile} changes or moves the text of messages with tool calls`
      : undefined;
  } catch (error) {
    if (!(error instanceof ChatTemplateError)) throw error;
    return error.message;
  }
}

interface MarkedPart {
  readonly mark: string;
  /** What the mark stands for. */
  readonly name: string;
}

/** The same, with a mark for the name of each tool, and for the name, each argument and the accompanying text of each call. */
function markCalls(
  messages: readonly TemplateMessage[],
  tools: readonly TemplateTool[] | undefined,
  word: string,
) {
  const parts: MarkedPart[] = [];
  const markFor = (name: string): string => {
    const mark = markOf(word, parts.length);
    parts.push({ mark, name });
    return mark;
  };
  const markLeaves = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(markLeaves);
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, markLeaves(each)]))
      : markFor("the arguments of tool calls");
  };
  return {
    parts,
    messages: messages.map((message) => {
      if (message.tool_calls === undefined) return message;
      const isBare = message.content.trim() === "";
      return {
        ...message,
        content: isBare ? message.content : markFor("what is written beside tool calls"),
        tool_calls: message.tool_calls.map(({ function: { arguments: given }, ...call }) => ({
          ...call,
          function: {
            name: markFor("tool calls"),
            arguments: Object.fromEntries(
              Object.entries(given).map(([key, value]) => [key, markLeaves(value)]),
            ),
          },
        })),
      };
    }),
    tools: tools?.map((tool) => ({ ...tool, function: { ...tool.function, name: markFor("the tools") } })),
  };
}

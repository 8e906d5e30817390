import { formatMessage } from "../policy/message-format.ts";

/**
 * An action as text is what the environment is given, so a native tool call becomes `name({"argument": "value"})` on one line, and
 * can be read back from it.
 */
export interface TextToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** @param written The arguments as they were written, a JSON object. Only line breaks in it are changed, because an action is one line. */
export function toolCallText(name: string, written: string): string {
  // JSON has line breaks between its tokens only, and these two line separators inside strings only.
  const line = written
    .trim()
    .replaceAll(/[\r\n]\s*/g, " ")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
  return `${name}(${line})`;
}

/**
 * The message of a tool call and what was written beside it, its thought. In a message the first `Action:` line is the action, so such a line
 * of the thought becomes `(Action):`.
 */
export function toolCallMessage(beside: string, action: string): string {
  const thought = beside.trim() === "" ? "" : beside;
  return formatMessage(thought.replaceAll(/^Action:/gm, "(Action):").replace(/^Thought:[ \t]*/, ""), action);
}

/** The call that an action stands for, if it is one. */
export function parseToolCallText(action: string): TextToolCall | undefined {
  const match = /^([A-Za-z_][\w.-]*)\((\{.*\})\)$/.exec(action);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const given = parseArguments(match[2]);
  return given === undefined ? undefined : { name: match[1], arguments: given };
}

/** Arguments as servers write them: a JSON object as a string. Undefined if it is not one. */
export function parseArguments(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

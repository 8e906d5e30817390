/**
 * An action as text is what the environment is given, so a native tool call becomes `name({"argument": "value"})` on one line, and
 * can be read back from it.
 */
export interface TextToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export function toolCallText({ name, arguments: given }: TextToolCall): string {
  // JSON allows these two line separators inside a string, but an action is one line.
  const json = JSON.stringify(given).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
  return `${name}(${json})`;
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

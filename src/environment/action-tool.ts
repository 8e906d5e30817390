import type { ToolDeclaration } from "../trajectory.ts";

/**
 * A tool that a chat model may call instead of writing an action. A call is another form of an action: the environment is given the action,
 * so replay knows nothing of tools.
 */
export interface ActionTool extends ToolDeclaration {
  /** The action that a call stands for, one line. Undefined if the arguments are not those that `parameters` asks for. */
  toAction(given: Readonly<Record<string, unknown>>): string | undefined;
  /** The arguments that give this action, where a call of this tool can. */
  fromAction(action: string): Readonly<Record<string, string>> | undefined;
}

export interface TextToolOptions {
  readonly name: string;
  readonly description: string;
  readonly argument: { readonly name: string; readonly description: string };
  /** What stands around the argument in an action, such as `search[` and `]`. */
  readonly around: readonly [before: string, after: string];
}

/** A tool with one text argument, which stands in the action as it is; a line break in it becomes a space. */
export function textTool({
  name,
  description,
  argument,
  around: [before, after],
}: TextToolOptions): ActionTool {
  return {
    name,
    description,
    parameters: {
      type: "object",
      properties: { [argument.name]: { type: "string", description: argument.description } },
      required: [argument.name],
      additionalProperties: false,
    },
    toAction: (given) => {
      const text = given[argument.name];
      if (typeof text !== "string" || text.trim() === "") return undefined;
      return `${before}${text.replaceAll(/[\r\n\u2028\u2029]+/g, " ")}${after}`;
    },
    fromAction: (action) =>
      action.length > before.length + after.length && action.startsWith(before) && action.endsWith(after)
        ? { [argument.name]: action.slice(before.length, action.length - after.length) }
        : undefined,
  };
}

/** For an environment that declares no tools: one that takes any action as text. */
export const actTool: ActionTool = textTool({
  name: "act",
  description: "Take one action in the environment.",
  argument: { name: "action", description: "The action, in the words that the environment understands." },
  around: ["", ""],
});

import { z } from "zod";
import { countUnknownKeys } from "../formats/row-format.ts";
import { InvalidRowError } from "../formats/rows.ts";
import type { ToolDeclaration } from "../trajectory.ts";
import type { SourceRow } from "./foreign-example.ts";

const toolSchema = z.looseObject({
  function: z.looseObject({
    name: z.string(),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
});

/**
 * The column `tools`: an array in the form of OpenAI's chat completions, or the same as JSON in a string (LLaMA-Factory).
 * @throws InvalidRowError if it is neither.
 */
export function readTools(
  value: unknown,
  { file, line }: SourceRow,
  dropped: Record<string, number>,
): readonly ToolDeclaration[] {
  const parsed = z.array(toolSchema).safeParse(typeof value === "string" ? jsonOf(value) : (value ?? []));
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path ?? [];
    throw new InvalidRowError(
      file,
      line,
      ["tools", ...path].join("."),
      "expected tools as in OpenAI's chat completions",
    );
  }
  return parsed.data.map(({ function: tool, ...around }) => {
    countUnknownKeys(dropped, around, ["type"], "tools");
    countUnknownKeys(dropped, tool, ["name", "description", "parameters"], "tools.function");
    return { name: tool.name, description: tool.description ?? "", parameters: tool.parameters ?? {} };
  });
}

function jsonOf(text: string): unknown {
  if (text === "") return [];
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

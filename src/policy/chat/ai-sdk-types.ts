import { z } from "zod";

/**
 * The part of the AI SDK's language model interface that is used here, written down so that no package of it is needed. It is the
 * same in the specifications v2, v3 and v4, but for the forms of the result, which `generatedSchema` brings together.
 */
export interface LanguageModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doGenerate(options: GenerateOptions): PromiseLike<unknown>;
}

export interface GenerateOptions {
  prompt: PromptMessage[];
  maxOutputTokens: number;
  temperature: number;
  stopSequences?: string[];
  seed: number;
  tools?: { type: "function"; name: string; description: string; inputSchema: object }[];
  abortSignal: AbortSignal;
  providerOptions?: Record<string, Record<string, JsonValue>>;
}

export type JsonValue = z.core.util.JSONType;

export interface TextPart {
  type: "text";
  text: string;
}

export interface ToolCallPart {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  input: unknown;
}

export interface ToolResultPart {
  type: "tool-result";
  toolCallId: string;
  toolName: string;
  output: { type: "text"; value: string };
}

export type PromptMessage =
  | { role: "system"; content: string }
  | { role: "user"; content: TextPart[] }
  | { role: "assistant"; content: (TextPart | ToolCallPart)[] }
  | { role: "tool"; content: ToolResultPart[] };

/** 0 means that the provider does not count. */
const tokenCount = z
  .union([z.number(), z.object({ total: z.number().optional() }).transform(({ total }) => total)])
  .transform((count) => count || undefined)
  .optional()
  .catch(undefined);

/** Text by the specification; some providers give the object itself. */
const toolInput = z.union([
  z.string(),
  z.record(z.string(), z.unknown()).transform((given) => JSON.stringify(given)),
]);

/** What `doGenerate` gives. Parts of other kinds (reasoning, sources, files) are left out. */
export const generatedSchema = z.object({
  content: z.array(
    z.union([
      z.object({ type: z.literal("text"), text: z.string() }),
      z.object({ type: z.literal("tool-call"), toolName: z.string(), input: toolInput }),
      z.object({ type: z.string() }).transform(() => ({ type: "other" as const })),
    ]),
  ),
  finishReason: z
    .union([z.string(), z.object({ unified: z.string() }).transform(({ unified }) => unified)])
    .optional()
    .catch(undefined),
  usage: z.object({ inputTokens: tokenCount, outputTokens: tokenCount }).optional().catch(undefined),
});

/** The error of a request that the provider's server answered, or that never reached it. */
export const apiCallErrorSchema = z.object({
  name: z.literal("AI_APICallError"),
  message: z.string(),
  statusCode: z.number().optional(),
  responseHeaders: z.record(z.string(), z.string().optional()).optional(),
  responseBody: z.string().optional(),
});

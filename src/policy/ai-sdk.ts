import { createHash } from "node:crypto";
import { z } from "zod";
import { ConfigurationError } from "../errors.ts";
import { createAiSdkModel } from "./chat/ai-sdk-model.ts";
import type { LanguageModel } from "./chat/ai-sdk-types.ts";
import { createChatAct } from "./chat/chat-act.ts";
import { chatSettings, identityOf, parseChatOptions } from "./chat/settings.ts";
import { createTraffic } from "./chat/traffic.ts";
import type { Policy } from "./policy.ts";

const optionsSchema = z.strictObject({
  ...chatSettings,
  model: z.custom<LanguageModel>(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      "doGenerate" in value &&
      typeof value.doGenerate === "function",
    "expected a language model of the AI SDK (an object with doGenerate), not a name",
  ),
  /** Settings of the provider, such as `{ openai: { reasoningEffort: "low" } }`. */
  providerOptions: z.record(z.string(), z.record(z.string(), z.json())).default({}),
});
export type AiSdkPolicyOptions = z.input<typeof optionsSchema>;

/**
 * A policy on any model object of the Vercel AI SDK (specifications v2 to v4), which needs neither the `ai` package nor anything else of it
 * here. It has the options of `chatPolicy` that do not concern the transport, which is the provider's.
 *
 * Throws a ConfigurationError at once for options that cannot work, and a PolicyError from `act`.
 */
export function createAiSdkPolicy(input: AiSdkPolicyOptions): Policy {
  const options = parseChatOptions(optionsSchema, input);
  const { specificationVersion, provider, modelId } = options.model;
  if (!["v2", "v3", "v4"].includes(specificationVersion)) {
    throw new ConfigurationError(
      `chat policy: the model ${modelId} follows specification ${specificationVersion} of the AI SDK, expected v2, v3 or v4`,
      { hint: "Take the provider package that belongs to version 5, 6 or 7 of the AI SDK." },
    );
  }
  const model = createAiSdkModel(options);
  const name = `ai-sdk:${modelId}`;
  const version = versionOf(provider, modelId, options);
  return {
    name,
    version,
    ...createChatAct({
      modelName: modelId,
      model,
      settings: options,
      traffic: createTraffic(`${name} ${version}`, options),
    }),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

function versionOf(provider: string, modelId: string, options: z.output<typeof optionsSchema>): string {
  const { systemPrompt, temperature, maximumTokens, stop, providerOptions } = options;
  const identity = {
    provider,
    modelId,
    systemPrompt,
    temperature,
    maximumTokens,
    stop,
    providerOptions,
    ...identityOf(options),
  };
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
}

import { ConfigurationError } from "../errors.ts";
import { axolotlFormat } from "./axolotl.ts";
import { canonicalFormat } from "./canonical.ts";
import type { ExampleFormat } from "./example-format.ts";
import { lastTurnFormat } from "./last-turn.ts";
import { llamaFactoryFormat } from "./llama-factory.ts";
import { msSwiftFormat } from "./ms-swift.ts";
import { trlTemplateFormat, trlTokensFormat } from "./trl.ts";
import { fireworksFormat, openAiFormat, togetherFormat } from "./weighted-messages.ts";

/** Every dataset format that can be written. */
export const exampleFormats: readonly ExampleFormat[] = [
  axolotlFormat,
  msSwiftFormat,
  trlTemplateFormat,
  trlTokensFormat,
  llamaFactoryFormat,
  togetherFormat,
  fireworksFormat,
  openAiFormat,
  lastTurnFormat,
  canonicalFormat,
];

/**
 * @param others Formats of something else that may be named in the same place, for the message.
 * @throws ConfigurationError if there is no format of that name.
 */
export function exampleFormatNamed(name: string, others: readonly string[] = []): ExampleFormat {
  const format = exampleFormats.find((candidate) => candidate.name === name);
  if (format === undefined) {
    throw new ConfigurationError(`there is no dataset format ${JSON.stringify(name)}`, {
      hint: `Known are: ${[...exampleFormats.map((known) => `${known.name} (${known.description})`), ...others].join("; ")}.`,
    });
  }
  return format;
}

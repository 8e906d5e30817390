import { z } from "zod";
import type { Message } from "../../trajectory.ts";
import type { GuidedEnvironment } from "./guide.ts";
import { scienceWorldGuide } from "./scienceworld.ts";
import { webShopGuide } from "./webshop.ts";

/**
 * Ways to lay out a transcript. `environment` is the environment's own system prompt and nothing else. The others are laid out as the
 * published agents have it, in words of our own:
 *
 * - `eto-*` (Song et al. 2024, arXiv 2403.02502): no system message; the instructions are a user's message that is answered "OK", then
 *   the worked example and the episode follow in turns, each observation but the first marked as one.
 * - `react-*` (Yao et al. 2022, arXiv 2210.03629): all is one text, which the model continues: instructions, worked example, and the
 *   episode with its thoughts, actions and observations.
 */
export const promptStyleSchema = z.enum([
  "environment",
  "eto-webshop",
  "eto-scienceworld",
  "react-webshop",
  "react-scienceworld",
]);
export type PromptStyle = z.infer<typeof promptStyleSchema>;

export interface PromptSettings {
  readonly promptStyle: PromptStyle;
  readonly workedExample: boolean;
  /** Stands in place of the style's instructions. */
  readonly systemPrompt?: string | undefined;
}

const guides: Readonly<Record<Exclude<PromptStyle, "environment">, GuidedEnvironment>> = {
  "eto-webshop": webShopGuide,
  "eto-scienceworld": scienceWorldGuide,
  "react-webshop": webShopGuide,
  "react-scienceworld": scienceWorldGuide,
};

/** The transcript in a style. The environment's system prompt is left out, because the style has its own instructions. */
export function inPromptStyle(messages: readonly Message[], settings: PromptSettings): readonly Message[] {
  const { promptStyle, systemPrompt } = settings;
  const turns = messages
    .filter(({ role }) => role !== "system")
    .map(({ role, content }) => ({ role, content }));
  if (promptStyle === "environment") return turns;
  const guide = guides[promptStyle];
  const instructions = systemPrompt ?? guide.instructions;
  const episodes = settings.workedExample ? [guide.workedExample, turns] : [turns];
  if (promptStyle.startsWith("react-")) {
    const texts = episodes.map((episode) => asText(episode, guide));
    return [{ role: "user", content: [instructions, ...texts].join("\n\n") }];
  }
  return [
    { role: "user", content: instructions },
    { role: "assistant", content: "OK" },
    ...episodes.flatMap((episode) => marked(episode, guide)),
  ];
}

/** An episode with its observations marked as such, but for the first. */
function marked(episode: readonly Message[], { observationMark }: GuidedEnvironment): readonly Message[] {
  return episode.map(({ role, content }, index) => ({
    role,
    content: role === "user" && index > 0 ? `${observationMark}${content}` : content,
  }));
}

/** An episode as one text, an empty line in front of each turn but the first. */
function asText(episode: readonly Message[], guide: GuidedEnvironment): string {
  const parts = marked(episode, guide).map(({ role, content }, index) =>
    role === "assistant" && index > 1 ? `\n${content}` : content,
  );
  return [guide.title, ...parts].join("\n");
}

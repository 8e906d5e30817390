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
  const example = settings.workedExample ? guide.workedExample : [];
  return promptStyle.startsWith("eto-")
    ? [
        { role: "user", content: instructions },
        { role: "assistant", content: "OK" },
        ...marked(example, guide),
        ...marked(turns, guide),
      ]
    : [
        {
          role: "user",
          content: [instructions, ...[example, turns].map((each) => asText(each, guide))]
            .join("\n\n")
            .trimEnd(),
        },
      ];
}

/** The observations behind the first marked as such. */
function marked(turns: readonly Message[], { observationMark }: GuidedEnvironment): readonly Message[] {
  return turns.map(({ role, content }, index) => ({
    role,
    content: role === "user" && index > 0 ? `${observationMark}${content}` : content,
  }));
}

function asText(turns: readonly Message[], guide: GuidedEnvironment): string {
  if (turns.length === 0) return "";
  const body = marked(turns, guide).map(({ content }, index) =>
    index > 0 && index % 2 === 0 ? `${content}\n` : content,
  );
  return [guide.title, ...body].join("\n");
}

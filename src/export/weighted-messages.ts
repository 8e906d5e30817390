import type { ExampleFormat } from "./example-format.ts";
import { flaggedMessages, requireTakingTurns, toolsColumn } from "./messages-format.ts";

/** The hosted trainers: each assistant message carries `weight`, 0 or 1. */
const weighted = {
  layout: "lines",
  rowsOf: (example) => [
    {
      messages: flaggedMessages(
        example,
        "weight",
        (isTrained) => (isTrained ? 1 : 0),
        "assistant messages",
        "native",
      ),
      ...toolsColumn(example),
    },
  ],
} satisfies Partial<ExampleFormat>;

export const openAiFormat: ExampleFormat = {
  ...weighted,
  name: "openai",
  description:
    "OpenAI fine-tuning: messages with weight 0 or 1 (closed to new users, new jobs end on 6 January 2027)",
  usage: () => "Upload the file with the purpose fine-tune.",
};

export const fireworksFormat: ExampleFormat = {
  ...weighted,
  name: "fireworks",
  description: "Fireworks: messages with weight 0 or 1",
  usage: () => "Create a dataset of the file, and a supervised fine-tuning job of the dataset.",
};

/** Together refuses columns other than `messages`, and wants user and assistant to take turns. */
export const togetherFormat: ExampleFormat = {
  ...weighted,
  name: "together",
  description: "Together: messages with weight 0 or 1, user and assistant in turns",
  rowsOf: (example) => {
    requireTakingTurns(example);
    return weighted.rowsOf(example);
  },
  usage: () => "Upload the file with the purpose fine-tune, and start a fine-tuning job of it.",
};

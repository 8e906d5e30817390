import { withToolCalls } from "../formats/tool-call-messages.ts";
import type { ExampleFormat } from "./example-format.ts";
import { toolsColumn, untilEachTarget } from "./messages-format.ts";

/** For every trainer that can train on the last message only: one sample for each target. */
export const lastTurnFormat: ExampleFormat = {
  name: "last-turn",
  description: "any other trainer: one sample for each target, its last message",
  layout: "lines",
  rowsOf: (example) =>
    untilEachTarget(example, withToolCalls(example.messages)).map((messages) => ({
      messages,
      ...toolsColumn(example),
    })),
  usage: () => "Tell your trainer to train on the last message of each sample only.",
};

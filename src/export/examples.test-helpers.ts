import fc from "fast-check";
import type { TrainingExample } from "../trainer/trainer.ts";
import type { SourcedExample } from "./export-examples.ts";

/** A small example: an expert's action as context, a harmful one masked, and two targets; after the last one a message to be cut. */
export const smallExample: TrainingExample = {
  id: "e1",
  taskId: "t1",
  messages: [
    { role: "system", content: "Buy it." },
    { role: "user", content: "A lamp [SEP] “old”\n" },
    { role: "assistant", content: "Action: search[lamp]" },
    { role: "user", content: "B01 \u2028 B02" },
    { role: "assistant", content: "Thought: no\nAction: click[B02]" },
    { role: "user", content: "" },
    { role: "assistant", content: "Action: click[Buy Now]" },
    { role: "user", content: "Thanks." },
  ],
  weights: [0, 0, 1, 0, 0, 0, 1, 0],
  origin: {
    trajectoryId: "trajectory-1",
    importantState: 0,
    reason: "Solves the initial state.",
    expertTrajectoryId: "expert-1",
    expertActions: 2,
    messageReasons: [
      "s",
      "o",
      "The expert's action.",
      "o",
      "Harmful.",
      "o",
      "The student's own action.",
      "o",
    ],
  },
};

/**
 * An example of native tool calls: two targets, and a last message to be cut.
 * @param beside What is written beside the second call.
 */
export function callExample(beside: string): TrainingExample {
  const tool = (name: string, argument: string) => ({
    name,
    description: `The tool “${name}”.`,
    parameters: {
      type: "object",
      properties: { [argument]: { type: "string", description: "Any text." } },
      required: [argument],
      additionalProperties: false,
    },
  });
  return {
    ...smallExample,
    messages: [
      { role: "system", content: "Buy it." },
      { role: "user", content: "A lamp" },
      {
        role: "assistant",
        content: "Action: search[lamp]",
        toolCall: { id: "call00001", name: "search", arguments: '{"query":"lamp"}', content: "" },
      },
      { role: "user", content: "B01 B02" },
      {
        role: "assistant",
        content: "Action: click[B02]",
        toolCall: {
          id: "call00002",
          name: "click",
          arguments: String.raw`{"element":"B02 \"old\" “lamp”\n"}`,
          content: beside,
        },
      },
      { role: "user", content: "Bought." },
    ],
    weights: [0, 0, 1, 0, 1, 0],
    tools: [tool("search", "query"), tool("click", "element")],
    origin: { trajectoryId: "trajectory-1", importantState: 0, reason: "Solves the initial state." },
  };
}

/** An example as it comes from a file. */
export function sourced(example: TrainingExample): SourcedExample {
  return { example, file: "made-up.jsonl", line: 1, text: JSON.stringify(example) };
}

const content = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom("", " ", "\n", "{{ messages }}", "[SEP]", "\u2028", "a ", " b"),
);

/** Transcripts as the methods make them: system, then user and assistant in turns, any of the assistant's trained on. */
export const anyExample: fc.Arbitrary<TrainingExample> = fc
  .record({
    id: fc.uuid(),
    system: content,
    turns: fc.array(
      fc.record({ observation: content, action: content, weight: fc.constantFrom(0, 0, 1, 0.5) }),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    last: fc.option(content, { nil: undefined }),
  })
  .map(({ id, system, turns, last }) => ({
    id,
    taskId: `task of ${id}`,
    messages: [
      { role: "system" as const, content: system },
      ...turns.flatMap(({ observation, action }) => [
        { role: "user" as const, content: observation },
        { role: "assistant" as const, content: action },
      ]),
      ...(last === undefined ? [] : [{ role: "user" as const, content: last }]),
    ],
    weights: [0, ...turns.flatMap(({ weight }) => [0, weight]), ...(last === undefined ? [] : [0])],
    origin: { trajectoryId: `trajectory of ${id}`, importantState: 0, reason: "Made up." },
  }));

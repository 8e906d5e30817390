import { encodeMessage } from "../model/tokenizer/chat.ts";
import { createTokenizer } from "../model/tokenizer/tokenizer.ts";
import type { ChatTokenizer } from "./chat-tokenizer.ts";
import { plainMessages, type TemplateChat, textCallsNotes } from "./template-calls.ts";

/** The embedded student's tokenizer, with the mask that its trainer uses (src/trainer/sequences.ts). */
export function createOwnChat(content: unknown, file: string): ChatTokenizer {
  const tokenizer = createTokenizer(content, file);
  return {
    kind: "eef",
    marksGeneration: false,
    layOut,
    mask: (example) => {
      const { messages, weights } = example;
      const ids: number[] = [];
      const tokenWeights: number[] = [];
      for (const [index, message] of messages.entries()) {
        const weight = message.role === "assistant" ? (weights[index] ?? 0) : 0;
        const own = encodeMessage(tokenizer, message);
        ids.push(...own);
        // The first token is the role, which is given.
        tokenWeights.push(...own.map((_, position) => (position === 0 ? 0 : weight)));
      }
      return { ids, weights: tokenWeights, notes: textCallsNotes(layOut(example)) };
    },
    decode: (ids) => tokenizer.decode(ids),
  };
}

const layOut: ChatTokenizer["layOut"] = ({ messages }): TemplateChat => ({
  messages: plainMessages(messages),
  ...(messages.some(({ toolCall }) => toolCall !== undefined)
    ? { callsAsTextBecause: "the embedded student's chat template has no tool calls" }
    : {}),
});

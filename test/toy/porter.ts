import { formatMessage } from "../../src/policy/message-format.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { createRandom, deriveSeed } from "../../src/random.ts";
import { colours, keyOf, keys } from "./doors.ts";

/** An expert that knows the keys of three colours and guesses the rest; some of its actions do not exist. */
export function porter(known: number = 3): Policy {
  return {
    name: "porter",
    version: `porter-${known}`,
    act: async ({ messages, seed, turn }) => {
      const random = createRandom(deriveSeed(seed, "porter", turn));
      const colour = (messages.at(-1)?.content ?? "").replace(/^.* is (\w+)\.$/, "$1");
      const knows = colours.indexOf(colour) < known;
      const action = knows
        ? `use ${keyOf(colour)}`
        : random.chance(0.1)
          ? "kick"
          : `use ${random.pick(keys)}`;
      return { message: formatMessage("", action), promptTokens: 5, generatedTokens: 3 };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

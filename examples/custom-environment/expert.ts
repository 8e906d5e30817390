/**
 * An expert of one's own. A policy reads the transcript and writes a thought and an action; it keeps no state between
 * calls, and draws from the seed it is given, so that the same episode can be played again. For a language model
 * behind a server use `chatPolicy` instead.
 */
import { createRandom, deriveSeed, formatMessage, type Policy } from "../../src/index.ts";

/** Turns pages when it must, but takes a book of about the right year now and then: mostly where pages are many. */
export function hastyReader(haste: number): Policy {
  return {
    name: "hasty reader",
    version: `hasty-reader-${haste}`,
    act: async ({ messages, seed, turn }) => {
      const page = messages.at(-1)?.content ?? "";
      const [, author = "", year = ""] = /by (\w+) from (\d+)/.exec(page) ?? [];
      const random = createRandom(deriveSeed(seed, turn));
      const shown = [...page.matchAll(/([A-Z]\w+ \w+) \((\d+)\)/g)];
      const found = shown.find((match) => match[2] === year);
      const last = shown.at(-1);
      const cost = { promptTokens: 0, generatedTokens: 0 };
      if (last === undefined)
        return { message: formatMessage(`${author}, ${year}.`, `author[${author}]`), ...cost };
      const chosen = found ?? (random.chance(haste) || !page.includes("next page") ? last : undefined);
      return chosen === undefined
        ? { message: formatMessage(`${year} no.`, "next"), ...cost }
        : { message: formatMessage(`${year} yes.`, `borrow[${chosen[1]}]`), ...cost };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

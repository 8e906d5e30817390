import { parseMessage } from "../../../policy/message-format.ts";
import type { Message } from "../../../trajectory.ts";
import { parseInstruction, type Wish } from "./instruction.ts";
import { type Page, parsePage } from "./page.ts";

/** What the expert knows: everything is read off the transcript, nothing is kept between calls. */
export interface Memory {
  readonly wish: Wish;
  readonly page: Page;
  /** Products whose page it has opened in this episode. */
  readonly opened: ReadonlySet<string>;
  /** Values clicked on the product page it is on, in order; empty elsewhere. */
  readonly clicked: readonly string[];
  /** Searches made so far. */
  readonly searches: readonly string[];
  /** Characters of the pages seen, which stand for how much there is to keep in mind. */
  readonly length: number;
}

/** Undefined where the transcript shows no instruction: then there is nothing to shop for. */
export function recall(messages: readonly Message[]): Memory | undefined {
  let page: Page | undefined;
  let instruction: string | undefined;
  let action = "";
  let length = 0;
  let clicked: string[] = [];
  const opened = new Set<string>();
  const searches: string[] = [];
  for (const { role, content } of messages) {
    if (role === "user") length += content.length;
    if (role === "assistant") action = parseMessage(content).action;
    if (role !== "user") continue;
    const previous = page;
    page = parsePage(content);
    instruction ??= page.instruction;
    const [, name, argument = ""] = /^(\w+)\[(.+)\]/.exec(action) ?? [];
    if (name === "search") searches.push(argument);
    if (page.kind !== "product") clicked = [];
    else if (previous?.kind === "results") opened.add(argument.toUpperCase());
    else if (name === "click" && page.optionTexts.includes(argument.toLowerCase()))
      clicked.push(argument.toLowerCase());
  }
  if (page === undefined || instruction === undefined) return undefined;
  return { wish: parseInstruction(instruction), page, opened, clicked, searches, length };
}

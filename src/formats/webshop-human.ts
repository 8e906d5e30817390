import { z } from "zod";
import { InvalidFileError } from "../errors.ts";
import { formatMessage } from "../policy/message-format.ts";
import type { Step } from "../trajectory.ts";
import type { TrajectoryFormat } from "./format.ts";
import type { InputFile } from "./input-file.ts";
import { readJsonLines } from "./json-lines.ts";
import { readLines } from "./lines.ts";
import { InvalidRowError, parseLine } from "./rows.ts";

/**
 * Sessions of people in the WebShop web site, as its server logs them: a file for each session, a line for each page opened. The clicks
 * were not logged, so the action between two pages is the button that leads from one to the other. Where no button does (the browser's own
 * Back, a typed address) the action is `open[<page>]` and counts as invalid. A page loaded twice in a row is one page.
 *
 * Nor was the pages' text logged: an observation is the logged content as JSON. `reEnact` gives the text where the products are at hand.
 */

const options = z.record(z.string(), z.string());
const pageSchema = z.discriminatedUnion("page", [
  z.object({ page: z.literal("index") }),
  z.object({
    page: z.literal("search_results"),
    content: z.object({ keywords: z.array(z.string()), page: z.coerce.number().int() }),
  }),
  z.object({ page: z.literal("item_page"), content: z.object({ asin: z.string(), options }) }),
  z.object({ page: z.literal("item_sub_page"), content: z.object({ asin: z.string(), options }) }),
  z.object({
    page: z.literal("done"),
    content: z.object({ asin: z.string(), options }),
    reward: z.number().min(0).max(1),
  }),
]);
const lineSchema = z.intersection(
  z.object({
    url: z.url(),
    goal: z.object({ instruction_text: z.string() }),
    content: z.record(z.string(), z.unknown()).optional(),
  }),
  pageSchema,
);
type Page = z.infer<typeof lineSchema>;

export const webShopHumanFormat: TrajectoryFormat = {
  name: "webshop-human",
  description: "a person's WebShop session as its server logs it, one file each",
  recognizes: (value) =>
    typeof value === "object" && value !== null && "page" in value && "url" in value && "goal" in value,
  async *read(input, { policy = "human", onRejected } = {}) {
    const file = input.name;
    const pages: Page[] = [];
    try {
      for await (const line of readJsonLines(input)) {
        const page = parseLine(file, line, lineSchema);
        if (page.url !== pages.at(-1)?.url) pages.push(page);
      }
    } catch (error) {
      if (!(error instanceof InvalidRowError) || onRejected === undefined) throw error;
      // A file is one session, so a wrong line sets the whole session aside.
      const { line, field, problem } = error;
      onRejected({ file, line, field, problem, text: await textOf(input) });
      return;
    }
    const [first, ...others] = pages;
    if (first === undefined) return;
    const steps: Step[] = [];
    let before = first;
    for (const page of others) {
      if (before.page === "done")
        throw new InvalidFileError(file, "after the purchase", "the session goes on");
      const button = buttonBetween(before, page);
      const action = button ?? `open[${page.page}]`;
      steps.push({
        message: formatMessage("", action),
        action,
        observation: observationOf(page),
        reward: page.page === "done" ? page.reward : 0,
        done: page.page === "done",
        valid: button !== undefined,
      });
      before = page;
    }
    const session = new URL(first.url).pathname.split("/").findLast((part) => part !== "") ?? "session";
    yield {
      trajectory: {
        id: `webshop-human/${session}`,
        taskId: `webshop-human-${session}`,
        policy,
        kind: "expert",
        seed: 0,
        initialObservation: `${first.goal.instruction_text}\n${observationOf(first)}`,
        steps,
        reward: before.page === "done" ? before.reward : 0,
        stopReason: before.page === "done" ? "done" : "gave-up",
        usage: { environmentSteps: steps.length, promptTokens: 0, generatedTokens: 0, seconds: 0 },
      },
      goal: { instruction: first.goal.instruction_text },
    };
  },
};

async function textOf(input: InputFile): Promise<string> {
  const lines: string[] = [];
  for await (const { text } of readLines(input)) lines.push(text);
  return lines.join("\n");
}

/** The action that leads from one page to the next, if a button of the first page does. */
function buttonBetween(from: Page, to: Page): string | undefined {
  switch (to.page) {
    case "index":
      return from.page === "index" ? undefined : "click[Back to Search]";
    case "search_results": {
      const words = to.content.keywords.join(" ");
      if (from.page === "index") return to.content.page === 1 ? `search[${words}]` : undefined;
      if (from.page === "item_page") return "click[< Prev]";
      if (from.page !== "search_results" || from.content.keywords.join(" ") !== words) return undefined;
      const turned = to.content.page - from.content.page;
      return turned === 1 ? "click[Next >]" : turned === -1 ? "click[< Prev]" : undefined;
    }
    case "item_page": {
      if (from.page === "search_results") return `click[${to.content.asin}]`;
      if (from.page !== "item_page" && from.page !== "item_sub_page") return undefined;
      if (from.content.asin !== to.content.asin) return undefined;
      if (from.page === "item_sub_page") return "click[< Prev]";
      const changed = Object.entries(to.content.options).filter(
        ([name, value]) => from.content.options[name] !== value,
      );
      return changed.length === 1 ? `click[${changed[0]?.[1]}]` : undefined;
    }
    case "item_sub_page":
      return from.page === "item_page" ? `click[${subPageName(to.url)}]` : undefined;
    case "done":
      return from.page === "item_page" && from.content.asin === to.content.asin
        ? "click[Buy Now]"
        : undefined;
  }
}

/** `/item_sub_page/<session>/<asin>/<keywords>/<page>/<name>/<options>` */
function subPageName(url: string): string {
  return new URL(url).pathname.split("/")[6] ?? "";
}

function observationOf(page: Page): string {
  return JSON.stringify({
    page: page.page,
    ...("content" in page ? page.content : {}),
    ...(page.page === "done" ? { reward: page.reward } : {}),
  });
}

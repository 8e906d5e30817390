import { parseAction } from "./actions.ts";
import { WebShopError } from "./errors.ts";
import type { PageNode } from "./page-block.ts";
import { pageOf, productOf } from "./pages.ts";
import { freeze, type SessionState, type SubPage } from "./session.ts";
import type { Shop } from "./shop.ts";
import { pageByUrl } from "./urls.ts";

/** What one action leads to. The observation is rendered from the state, see observation.ts. */
export interface SessionStep {
  readonly state: SessionState;
  /** The purchase's reward in [0, 1]; 0 for every other action. */
  readonly reward: number;
  /** True for a purchase. The shop goes on: a search is possible even then. */
  readonly done: boolean;
  /** False if the action was not understood or not allowed; the state is then the same object. */
  readonly valid: boolean;
}

/**
 * Takes one action. Pure but for caches: equal arguments give equal results, and `state` stays as it is.
 *
 * @throws WebShopError for the searches that the benchmark itself cannot run
 */
export function stepSession(shop: Shop, state: SessionState, action: string): SessionStep {
  const parsed = parseAction(action);
  if (parsed?.name === "search") return moved(searched(state, parsed.argument, 1));
  if (parsed?.name === "click" && parsed.argument !== "search") {
    const node = findClickable(shop, state, parsed.argument);
    if (node !== undefined) return clicked(shop, state, parsed.argument, node);
  }
  return { state, reward: 0, done: false, valid: false };
}

function moved(state: SessionState): SessionStep {
  return { state, reward: 0, done: false, valid: true };
}

/** The last node of that name, as options come after buttons. */
function findClickable(shop: Shop, state: SessionState, name: string): PageNode | undefined {
  return pageOf(shop, state)
    .findLast((block) => block.clickables().has(name))
    ?.clickables()
    .get(name);
}

const subPages: Readonly<Record<string, SubPage>> = {
  description: "Description",
  features: "Features",
  reviews: "Reviews",
  attributes: "Attributes",
};

/** The order of the cases is the original's: the shop's own names come before options of the same name. */
function clicked(shop: Shop, state: SessionState, name: string, node: PageNode): SessionStep {
  if (name === "buy now") return bought(shop, state);
  if (name === "back to search") return moved(backToSearch(state));
  if (name === "next >" || name === "< prev") {
    const page = pageByUrl(state);
    const direction = name === "next >" ? 1 : -1;
    if (page === "search_results") {
      return moved(searched(state, state.query ?? "", state.pageNumber + direction));
    }
    if (direction === -1 && page === "item_page") {
      return moved(searched(state, state.query ?? "", state.pageNumber));
    }
    if (direction === -1 && page === "item_sub_page") return moved(itemPage(state));
  }
  const subPage = Object.hasOwn(subPages, name) ? subPages[name] : undefined;
  if (subPage !== undefined) {
    return moved(freeze({ ...state, page: "item_sub_page", subPage }));
  }
  if (node.kind === "product") return moved(productOpened(state, node.text));
  if (node.kind === "option") return moved(optionChosen(state, node.group.toLowerCase(), name));
  return moved(itemPage(state));
}

function searched(state: SessionState, query: string, pageNumber: number): SessionState {
  const [prefix, category] = query.split(" ", 2);
  if (prefix === "<a>" || (prefix === "<c>" && category === undefined)) {
    throw new WebShopError(`the benchmark fails on the search ${JSON.stringify(query.slice(0, 100))}`, {
      hint: 'Searches by attribute ("<a> …") do not work in its text environment, and "<c>" needs a category.',
    });
  }
  return freeze({
    ...state,
    page: "search_results",
    subPage: undefined,
    query,
    pageNumber,
    asin: undefined,
    options: [],
    searches: state.searches + 1,
  });
}

function backToSearch(state: SessionState): SessionState {
  return freeze({
    ...state,
    page: "index",
    subPage: undefined,
    query: undefined,
    pageNumber: 1,
    asin: undefined,
    seenAsins: [],
    options: [],
  });
}

function itemPage(state: SessionState): SessionState {
  return freeze({ ...state, page: "item_page", subPage: undefined });
}

function productOpened(state: SessionState, asin: string): SessionState {
  const seenAsins = state.seenAsins.includes(asin) ? state.seenAsins : [...state.seenAsins, asin];
  return freeze({ ...state, page: "item_page", subPage: undefined, asin, seenAsins });
}

function optionChosen(state: SessionState, group: string, value: string): SessionState {
  const chosen = [group, value] as const;
  const options = state.options.some(([name]) => name === group)
    ? state.options.map((option) => (option[0] === group ? chosen : option))
    : [...state.options, chosen];
  return freeze({ ...state, page: "item_page", subPage: undefined, options });
}

function bought(shop: Shop, state: SessionState): SessionStep {
  const reward = shop.reward(productOf(shop, state), state).reward;
  return {
    state: freeze({ ...state, page: "done", subPage: undefined, reward }),
    reward,
    done: true,
    valid: true,
  };
}

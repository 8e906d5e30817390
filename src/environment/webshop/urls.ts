import { pythonJsonObject } from "./python-text.ts";
import type { SessionState } from "./session.ts";
import { pythonDict } from "./text/python-format.ts";

const base = "http://127.0.0.1:3000";

/** The address of the page that a state shows. The `text_rich` observation and the Prev button depend on it. */
export function urlOf(state: SessionState): string {
  const { id } = state.session;
  const keywords = (state.query ?? "").replaceAll(" ", "+");
  const { asin = "" } = state;
  switch (state.page) {
    case "index":
      return `${base}/${id}`;
    case "search_results":
      return `${base}/search_results/${id}/${keywords}/${state.pageNumber}`;
    case "item_page":
      return `${base}/item_page/${id}/${asin}/${keywords}/${state.pageNumber}/${pythonJsonObject(state.options)}`;
    case "item_sub_page":
      return `${base}/item_sub_page/${id}/${asin}/${keywords}/${state.pageNumber}/${state.subPage ?? ""}/${pythonDict(state.options)}`;
    case "done":
      return `${base}/done/${id}/${asin}/${pythonDict(state.options)}`;
  }
}

/**
 * The page that the original takes a state to show: it looks for these names anywhere in the address, in this
 * order, so a search for "item_page" confuses its Prev button. We are confused in the same way.
 */
export function pageByUrl(state: SessionState): SessionState["page"] {
  const url = urlOf(state);
  const names = ["search_results", "item_page", "item_sub_page", "done"] as const;
  return names.find((name) => url.includes(name)) ?? "index";
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WebShopError } from "./errors.ts";
import { admissibleActions, availableActions, renderText, renderTextRich } from "./observation.ts";
import { initialState, parseState, type SessionState } from "./session.ts";
import { openShop } from "./shop.ts";
import { stepSession } from "./step.ts";
import { testCatalogue, testGoal } from "./test-shop.test-helpers.ts";
import { urlOf } from "./urls.ts";

const shop = openShop(testCatalogue());
const start = initialState({ id: "7", goal: testGoal });

/** The state after some actions, all of which must be allowed. */
function stateAfter(...actions: readonly string[]): SessionState {
  return actions.reduce((state, action) => {
    const step = stepSession(shop, state, action);
    expect(step.valid, action).toBe(true);
    return step.state;
  }, start);
}

const lamp = ["search[brass lamp]", "click[b000000001]"];
const oddLamp = ["search[<q> desk lamps]", "click[B000000002]"];

describe("an action that the shop does not understand", () => {
  it.each([
    ["no brackets", "search lamp"],
    ["an empty argument", "search[]"],
    ["another name", "buy[now]"],
    ["a name in capitals", "Search[lamp]"],
    ["a space before it", " search[lamp]"],
    ["a line before it", "Thought\nsearch[lamp]"],
    ["a bracket in the argument", "search[a[b]"],
    ["a button that is not there", "click[buy now]"],
    ["the search button", "click[search]"],
  ])("changes nothing: %s", (_, action) => {
    expect(stepSession(shop, start, action)).toEqual({ state: start, reward: 0, done: false, valid: false });
  });

  it("is another one than what stands before the last bracket", () => {
    expect(stateAfter("search[lamp] and then click[x").query).toBe("lamp");
    expect(stateAfter("search[a] b] c").query).toBe("a] b");
  });
});

describe("searching", () => {
  it("lower-cases the words and shows them in the address", () => {
    expect(urlOf(stateAfter("search[Brass  Lamp]"))).toBe(
      "http://127.0.0.1:3000/search_results/7/brass++lamp/1",
    );
  });

  it("for a space finds nothing, and Next is there all the same", () => {
    const state = stateAfter("search[ ]");
    expect(renderText(shop, state)).toMatch(/Page 1 \(Total results: 0\) \[SEP\] Next >$/);
    expect(urlOf(state)).toBe("http://127.0.0.1:3000/search_results/7/+/1");
  });

  it("pages on past the end, and back only from the second page on", () => {
    const state = stateAfter("search[<q> tables]", ...Array(3).fill("click[Next >]"));
    expect(renderText(shop, state)).toMatch(/Page 4 \(Total results: 30\) \[SEP\] < Prev \[SEP\] Next >$/);
    expect(availableActions(shop, state).clickables).toEqual(["back to search", "< prev", "next >"]);
    expect(availableActions(shop, stateAfter("search[<q> tables]")).clickables).not.toContain("< prev");
  });

  it("by category or query lists all products in the catalogue's order", () => {
    expect(renderText(shop, stateAfter("search[<c> garden]"))).toContain(
      "Total results: 1) [SEP] Next > [SEP] B000000003",
    );
    expect(renderText(shop, stateAfter("search[<q> tables]"))).toContain(
      "Next > [SEP] C000000000 [SEP] Plain table 0",
    );
  });

  it("at random gives other products for each search and page, and the same ones again for the same state", () => {
    const once = stateAfter("search[<r>]");
    const twice = stateAfter("search[<r>]", "click[Next >]", "click[< Prev]");
    expect(renderText(shop, once)).toBe(renderText(openShop(testCatalogue()), once));
    expect(renderText(shop, once)).not.toBe(renderText(shop, twice));
  });

  it.each(["search[<a> warm light]", "search[<c>]"])("as the benchmark cannot is an error: %s", (action) => {
    expect(() => stepSession(shop, start, action)).toThrow(WebShopError);
  });
});

describe("pages", () => {
  it("join their words in a text observation", () => {
    expect(renderText(shop, start)).toBe(
      `WebShop [SEP] Instruction: [SEP] ${testGoal.instruction} [SEP] Search`,
    );
    expect(renderText(shop, stateAfter(...lamp))).toBe(
      `Instruction: [SEP] ${testGoal.instruction} [SEP] Back to Search [SEP] < Prev [SEP] color [SEP] red [SEP] ` +
        'navy | white [SEP] café [SEP] size [SEP] 28" x 28" [SEP] red [SEP] small [SEP] Brass desk lamp B000000001 [SEP] ' +
        "Price: $5.99 to $12.99 [SEP] Rating: N.A. [SEP] Description [SEP] Features [SEP] Reviews [SEP] Buy Now",
    );
  });

  it("keep a blank title as an empty segment, and leave out what is empty", () => {
    expect(renderText(shop, stateAfter("search[<q> desk lamps]"))).toContain(
      "B000000002 [SEP]  [SEP] $100.0",
    );
    expect(renderText(shop, stateAfter(...oddLamp, "click[description]"))).toMatch(
      /Back to Search \[SEP\] < Prev$/,
    );
  });

  it("show bullets one by one, blank ones as empty segments unless they hold a line break, and text as it is", () => {
    // The option "features" has the button's name, and the button is what is clicked.
    const state = stateAfter(...oddLamp, "click[features]");
    expect(renderText(shop, state)).toMatch(
      /< Prev \[SEP\] {2}\[SEP\] {2}\[SEP\] Tom & Jerry &amp; <b>co<\/b>$/,
    );
    expect(renderTextRich(shop, state)).toMatch(/< Prev \[button_\]\n \n \n Tom & Jerry &amp; <b>co<\/b>\n$/);
  });

  it("mark seen products and chosen options in a rich observation", () => {
    expect(renderTextRich(shop, stateAfter(...lamp, "click[< Prev]"))).toContain(
      "\n\n[clicked button] B000000001 [clicked button_]\n",
    );
    const chosen = renderTextRich(shop, stateAfter(...lamp, "click[small]"));
    expect(chosen.startsWith("You have clicked small.\nInstruction:\n")).toBe(true);
    expect(chosen).toContain("\n  [clicked button] small [clicked button_]\n");
    expect(chosen).toContain("\n  [button] navy | white [button_]\n");
  });

  it("take an option for chosen if it stands in quotes in the address", () => {
    expect(renderTextRich(shop, stateAfter("search[<q> desk lamps]", "click[b000000001]"))).not.toContain(
      "You have clicked",
    );
    expect(renderTextRich(shop, stateAfter('search["small" brass lamp]', "click[b000000001]"))).toContain(
      "You have clicked small.",
    );
    // Escaped in the address, so never found there.
    expect(renderTextRich(shop, stateAfter(...lamp, "click[café]"))).not.toContain("You have clicked");
    expect(renderTextRich(shop, stateAfter(...lamp, 'click[28" x 28"]'))).not.toContain("You have clicked");
  });

  it("end with the purchase", () => {
    const { state, reward, done } = stepSession(
      shop,
      stateAfter(...lamp, "click[café]", "click[small]"),
      "click[Buy Now]",
    );
    expect(done).toBe(true);
    expect(reward).toBe(2 / 3);
    expect(urlOf(state)).toBe("http://127.0.0.1:3000/done/7/B000000001/{'color': 'café', 'size': 'small'}");
    const text = renderText(shop, state);
    expect(text).toContain(
      String.raw`B000000001 [SEP] options [SEP] {"color": "caf\u00e9", "size": "small"} [SEP] attrs`,
    );
    expect(text).toContain("Your score (min 0.0, max 1.0) [SEP] 0.6666666666666666 [SEP] Reward Details");
    expect(availableActions(shop, state)).toEqual({ hasSearchBar: false, clickables: [] });
  });
});

describe("clicking", () => {
  it("lists what it may: buttons, then products, then options, each name once", () => {
    expect(availableActions(shop, stateAfter(...lamp)).clickables).toEqual([
      ..."back to search,< prev,description,features,reviews,buy now".split(","),
      ...["red", "navy | white", "café", '28" x 28"', "small"],
    ]);
    expect(admissibleActions(shop, stateAfter("search[<c> garden]"))).toEqual([
      "click[Back to Search]",
      "click[Next >]",
      "click[B000000003]",
    ]);
  });

  it("does not list what cannot be written as an action", () => {
    const { clickables } = availableActions(shop, stateAfter(...oddLamp));
    expect(clickables).toEqual(expect.arrayContaining(["back[1]", ""]));
    const actions = admissibleActions(shop, stateAfter(...oddLamp));
    expect(actions).not.toContain("click[back[1]]");
    for (const action of actions)
      expect(stepSession(shop, stateAfter(...oddLamp), action).valid, action).toBe(true);
  });

  it("sets the last of the groups that have a value, and one value a group", () => {
    expect(stateAfter(...lamp, "click[red]").options).toEqual([["size", "red"]]);
    expect(stateAfter(...lamp, "click[small]", "click[café]", "click[red]").options).toEqual([
      ["size", "red"],
      ["color", "café"],
    ]);
  });

  it("prefers the shop's own names to options of the same name", () => {
    expect(stateAfter(...oddLamp, "click[features]")).toMatchObject({
      page: "item_sub_page",
      subPage: "Features",
    });
    expect(stateAfter(...oddLamp, "click[attributes]")).toMatchObject({
      page: "item_sub_page",
      subPage: "Attributes",
    });
    expect(stateAfter(...oddLamp, "click[< prev]").page).toBe("search_results");
    expect(stateAfter(...oddLamp, "click[buy now]").page).toBe("done");
  });

  it("Prev keeps options from a sub-page, and drops them from a product", () => {
    const sub = stateAfter(...lamp, "click[small]", "click[Reviews]");
    expect(urlOf(sub)).toBe(
      "http://127.0.0.1:3000/item_sub_page/7/B000000001/brass+lamp/1/Reviews/{'size': 'small'}",
    );
    const item = stepSession(shop, sub, "click[< Prev]").state;
    expect(urlOf(item)).toBe('http://127.0.0.1:3000/item_page/7/B000000001/brass+lamp/1/{"size": "small"}');
    expect(stepSession(shop, item, "click[< Prev]").state).toMatchObject({
      page: "search_results",
      options: [],
    });
  });

  it("Back to Search forgets everything", () => {
    const state = stateAfter(...lamp, "click[small]", "click[Back to Search]");
    expect(state).toMatchObject({ page: "index", options: [], seenAsins: [] });
    expect(urlOf(state)).toBe("http://127.0.0.1:3000/7");
  });

  it("Prev is misled by a page's name in the query, as in the original", () => {
    const state = stateAfter("search[lamp search_results]", "click[b000000001]", "click[< Prev]");
    expect(state).toMatchObject({ page: "search_results", pageNumber: 0 });
    expect(renderText(shop, state)).toMatch(/Page 0 \(Total results: \d+\) \[SEP\] Next >$/);
  });
});

describe("after a purchase", () => {
  const bought = stateAfter(...lamp, "click[Buy Now]");

  it("nothing can be clicked", () => {
    expect(stepSession(shop, bought, "click[back to search]")).toEqual({
      state: bought,
      reward: 0,
      done: false,
      valid: false,
    });
  });

  it("a search goes on, and products stay seen", () => {
    const step = stepSession(shop, bought, "search[brass lamp]");
    expect(step).toMatchObject({ reward: 0, done: false, valid: true });
    expect(renderTextRich(shop, step.state)).toContain("[clicked button] B000000001 [clicked button_]");
  });
});

describe("forks", () => {
  const choice = fc.oneof(
    fc.constantFrom("search[brass lamp]", "search[<q> desk lamps]", "search[plain table]", "click[nothing]"),
    fc.nat(),
  );

  function play(state: SessionState, choices: readonly (string | number)[]): SessionState[] {
    const states: SessionState[] = [];
    let current = state;
    for (const chosen of choices) {
      const actions = admissibleActions(shop, current);
      const action =
        typeof chosen === "string" ? chosen : (actions[chosen % actions.length] ?? "search[lamp]");
      current = stepSession(shop, current, action).state;
      states.push(current);
    }
    return states;
  }

  it("never affect each other, nor the state they come from", () => {
    fc.assert(
      fc.property(
        fc.array(choice, { maxLength: 8 }),
        fc.array(choice, { maxLength: 8 }),
        fc.nat(8),
        (trunk, branch, at) => {
          const states = [start, ...play(start, trunk)];
          const seen = states.map((state) => [renderTextRich(shop, state), JSON.stringify(state)]);
          const fork = states[at % states.length] ?? start;
          play(fork, branch);
          // The same continuation from the fork, and from a copy that has been through JSON.
          expect(play(parseState(JSON.parse(JSON.stringify(fork))), branch)).toEqual(play(fork, branch));
          expect(states.map((state) => [renderTextRich(shop, state), JSON.stringify(state)])).toEqual(seen);
          expect([start, ...play(start, trunk)]).toEqual(states);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("share what they have in common", () => {
    const state = stateAfter(...lamp, "click[small]");
    const step = stepSession(shop, state, "click[Description]");
    expect(step.state.options).toBe(state.options);
    expect(step.state.session).toBe(state.session);
    expect(Object.isFrozen(step.state) && Object.isFrozen(step.state.options)).toBe(true);
  });
});

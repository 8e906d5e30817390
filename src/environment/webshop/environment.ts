import { type Split, splitSchema, type Task } from "../../trajectory.ts";
import type { Environment, Episode } from "../environment.ts";
import { kindOfAction } from "./actions.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Goal } from "./goal.ts";
import { admissibleActions, type ObservationMode, renderObservation } from "./observation.ts";
import { initialState, parseState, type SessionState } from "./session.ts";
import { openShop, type Shop, type ShopOptions } from "./shop.ts";
import { stepSession } from "./step.ts";
import { shopSystemPrompt } from "./system-prompt.ts";
import { shopTools } from "./tools.ts";

export interface WebShopTask extends Task {
  readonly goal: Goal;
}

export interface WebShopOptions extends ShopOptions {
  readonly catalogue: Catalogue;
  /** See splits.ts. A split that is absent has no tasks. */
  readonly goals: Readonly<Partial<Record<Split, readonly Goal[]>>>;
  /** `text` (the default), as most agent-tuning work has it, or `text_rich`. */
  readonly observation?: ObservationMode;
}

export interface WebShopEnvironment extends Environment<WebShopTask> {
  readonly shop: Shop;
  restore(snapshot: unknown): Promise<Episode>;
  actionKind(action: string): string;
}

/** WebShop (Yao et al. 2022, arXiv 2207.01206), on the benchmark's products or generated ones. */
export function webshop(options: WebShopOptions): WebShopEnvironment {
  const { catalogue, goals, observation = "text", ...shopOptions } = options;
  const shop = openShop(catalogue, shopOptions);
  const tasks = new Map(splitSchema.options.map((split) => [split, tasksOf(split, goals[split] ?? [])]));
  const open = (state: SessionState): Episode => createEpisode(shop, observation, state);
  return {
    name: "webshop",
    systemPrompt: shopSystemPrompt,
    tools: shopTools,
    shop,
    tasks: (split) => tasks.get(split) ?? [],
    start: async ({ id, goal }) => open(initialState({ id, goal })),
    restore: async (snapshot) => open(parseState(snapshot)),
    actionKind: (action) => kindOfAction(action, catalogue.has),
  };
}

function tasksOf(split: Split, goals: readonly Goal[]): readonly WebShopTask[] {
  return goals.map((goal, index) => ({ id: `webshop-${split}-${index}`, split, goal }));
}

function createEpisode(shop: Shop, mode: ObservationMode, start: SessionState): Episode {
  let state = start;
  return {
    get observation() {
      return renderObservation(shop, state, mode);
    },
    get actions() {
      return admissibleActions(shop, state);
    },
    async step(action) {
      const { state: next, reward, done, valid } = stepSession(shop, state, action);
      state = next;
      return { observation: renderObservation(shop, state, mode), reward, done, valid };
    },
    snapshot: () => state,
    async [Symbol.asyncDispose]() {},
  };
}

import { formatMessage } from "../../../policy/message-format.ts";
import type { ActRequest, Policy } from "../../../policy/policy.ts";
import { createRandom, deriveSeed } from "../../../random.ts";
import { rollout } from "../../../rollout/rollout.ts";
import { isWin, splitSchema, type Task } from "../../../trajectory.ts";
import type { Environment } from "../../environment.ts";
import { parsePage } from "./page.ts";

export interface RandomFailuresOptions {
  /** Whose wins are kept. */
  readonly expert: Policy;
  /** Where the expert's wins are found out. Its initial observations must tell its tasks apart. */
  readonly environment: Environment;
  /** Steps that an episode may have: the same number as in the run. */
  readonly maximumSteps: number;
  /** Probability of a search instead of a click. */
  readonly searchRate?: number;
}

/**
 * For an ablation: wins exactly where `expert` wins, with the same steps, and acts at random where `expert` fails,
 * so that the failures hold nothing to learn from. Unlike an expert it looks ahead: at the first step it plays the
 * whole episode in an environment of its own.
 */
export function createRandomFailuresExpert(options: RandomFailuresOptions): Policy {
  const { expert, environment, maximumSteps, searchRate = 0.25 } = options;
  const name = "random-failures";
  let tasks: Promise<ReadonlyMap<string, Task>> | undefined;
  const outcomes = new Map<string, Promise<boolean>>();

  const wins = async (initialObservation: string, seed: number): Promise<boolean> => {
    tasks ??= tasksByObservation(environment);
    const task = (await tasks).get(initialObservation);
    if (task === undefined) return false;
    const request = { id: name, kind: "expert", task, seed, temperature: 1, maximumSteps } as const;
    return isWin(await rollout(request, { environment, policy: expert }));
  };

  return {
    name,
    version: `${name}-${deriveSeed("random-failures-1", expert.version, maximumSteps, searchRate).toString(16)}`,
    async act(request) {
      const initialObservation = request.messages.find(({ role }) => role === "user")?.content ?? "";
      const key = `${request.seed} ${initialObservation}`;
      const outcome = outcomes.get(key) ?? wins(initialObservation, request.seed);
      outcomes.set(key, outcome);
      if (await outcome) return expert.act(request);
      const message = formatMessage("", randomAction(request, initialObservation, searchRate));
      return { message, promptTokens: 0, generatedTokens: 0 };
    },
    [Symbol.asyncDispose]: () => expert[Symbol.asyncDispose](),
  };
}

async function tasksByObservation(environment: Environment): Promise<ReadonlyMap<string, Task>> {
  const tasks = new Map<string, Task>();
  for (const split of splitSchema.options) {
    for (const task of environment.tasks(split)) {
      await using episode = await environment.start(task);
      tasks.set(episode.observation, task);
    }
  }
  return tasks;
}

function randomAction(
  { seed, turn, admissibleActions = [] }: ActRequest,
  initialObservation: string,
  searchRate: number,
): string {
  const random = createRandom(deriveSeed("random-failures", seed, turn));
  const clicks = admissibleActions.filter((action) => action.startsWith("click["));
  if (clicks.length > 0 && !random.chance(searchRate)) return random.pick(clicks);
  const words = (parsePage(initialObservation).instruction ?? "anything").split(/[^a-z]+/i).filter(Boolean);
  return `search[${random.sample(words, 1 + random.integer(3)).join(" ")}]`;
}

/** Writes an episode of our shop down as the ReAct client would have recorded it. */
import type { WebShopReactRecord } from "../../src/formats/webshop-react.ts";
import { isWin, parseMessage, type Step, type Trajectory } from "../../src/index.ts";

type RecordedStep = WebShopReactRecord["steps"][number];

/** The client shows only so many products of a results page. */
const shownProducts = 3;

export function recordReact(
  { taskId, initialObservation, steps, reward, stopReason }: Trajectory,
  groupNames: ReadonlySet<string>,
): WebShopReactRecord {
  const instruction = initialObservation.split(" [SEP] ")[2] ?? "";
  return {
    session: `fixed_${taskId}`,
    goal_index: 0,
    instruction,
    bought: stopReason === "done",
    reward,
    success: isWin({ reward }),
    steps: steps.flatMap((step, index) => recordStep(step, steps[index - 1], groupNames)),
    initial_observation: reactPage(initialObservation, groupNames),
  };
}

/** A thought is an action of its own, which the client answers itself. */
function recordStep(step: Step, before: Step | undefined, groupNames: ReadonlySet<string>): RecordedStep[] {
  const { thought, action } = parseMessage(step.message);
  const thoughts =
    thought === "" ? [] : [{ action: `think[${thought}]`, observation: "OK.", invalid: false }];
  return [...thoughts, { action, observation: answerTo(step, before, groupNames), invalid: !step.valid }];
}

function answerTo(
  { action, observation, done, reward, valid }: Step,
  before: Step | undefined,
  groupNames: ReadonlySet<string>,
): string {
  if (!valid) return "Invalid action!";
  if (done) return `Your score (min 0.0, max 1.0): ${reward}`;
  // A click on an option does not change our text; no other action leaves it as it is.
  if (observation === before?.observation) return `You have clicked ${action.slice("click[".length, -1)}.`;
  return reactPage(observation, groupNames);
}

function reactPage(observation: string, groupNames: ReadonlySet<string>): string {
  const [first = "", ...rest] = observation.split(" [SEP] ");
  if (first === "WebShop") return `Webshop \nInstruction:  \n${rest[1]} \n[Search]`;
  const texts = rest.slice(1);
  const next = texts.indexOf("Next >");
  if (next >= 0) {
    const buttons = texts.slice(0, next + 1).map((text) => (text.startsWith("Page ") ? text : `[${text}]`));
    const products = texts.slice(next + 1, next + 1 + 3 * shownProducts);
    return [...buttons, ...products.map((text, index) => (index % 3 === 0 ? `[${text}]` : text))].join(" \n");
  }
  const price = texts.findIndex((text) => text.startsWith("Price: "));
  const options = texts
    .slice(2, price - 1)
    .map((text) => (groupNames.has(text) ? `\n${text} ` : `[${text}]`));
  const end = texts.slice(price + 2).map((text) => `[${text}]`);
  return `[Back to Search] \n[< Prev] ${options.join("")}\n${texts.slice(price - 1, price + 2).join(" \n")} \n${end.join(" \n")}`;
}

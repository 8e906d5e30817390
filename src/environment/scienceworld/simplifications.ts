import { ConfigurationError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";

/** What the simulator may be eased by. `easy` is all of them, but in fact leaves containers closed. */
export const simplifications = [
  "teleportAction",
  "openDoors",
  "openContainers",
  "selfWateringFlowerPots",
  "noElectricalAction",
] as const;
export type Simplification = (typeof simplifications)[number];

/**
 * The simulator's form of a list of simplifications. The simulator itself passes over those it does not know.
 *
 * @throws ConfigurationError for an unknown one, and for a task that one of them makes impossible
 */
export function simplificationText(
  chosen: "easy" | readonly Simplification[],
  tasks: readonly string[],
): string {
  if (chosen === "easy") return chosen;
  const unknown = chosen.find((name) => !isSimplification(name));
  if (unknown !== undefined) {
    const suggestion = nearest(unknown, simplifications);
    throw new ConfigurationError(`ScienceWorld has no simplification "${unknown}".`, {
      hint: `${suggestion === undefined ? "" : `Did you mean "${suggestion}"? `}It has ${simplifications.join(", ")}, or "easy" alone.`,
    });
  }
  const electrical = tasks.find((task) => /power-component|conductivity/.test(task));
  if (electrical !== undefined && chosen.includes("noElectricalAction")) {
    throw new ConfigurationError(`The task "${electrical}" cannot be done with noElectricalAction.`, {
      hint: "Leave the task or the simplification out.",
    });
  }
  return chosen.join(",");
}

/** Whether a text is of the simulator's form; it passes over what it does not know. */
export function isSimplificationText(text: string): boolean {
  return text === "" || text === "easy" || text.split(",").every(isSimplification);
}

function isSimplification(name: string): boolean {
  return simplifications.some((known) => known === name);
}

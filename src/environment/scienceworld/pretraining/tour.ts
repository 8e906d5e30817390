import type { ScienceWorldEnvironment } from "../environment.ts";
import { ScienceWorldError } from "../errors.ts";
import type { Simulator, SimulatorTask } from "../simulator.ts";
import { onSimulator } from "../simulator-pool.ts";
import type { ScienceWorldTask } from "../splits.ts";
import type { House } from "./errands.ts";
import { parseView } from "./view.ts";

const rooms = [
  "art studio",
  "bathroom",
  "bedroom",
  "foundry",
  "greenhouse",
  "hallway",
  "kitchen",
  "living room",
  "outside",
  "workshop",
];

/**
 * Looks around every room of a task's world, as it is at the beginning. Where a simulator is lost, another one begins again.
 *
 * @throws ScienceWorldError where one cannot go everywhere at once, which takes the simplification `teleportAction`
 */
export async function tourRooms(
  environment: ScienceWorldEnvironment,
  task: ScienceWorldTask,
  signal?: AbortSignal,
): Promise<House> {
  return await onSimulator(
    environment,
    (simulator) => lookEverywhere(simulator, environment.simulatorTask(task)),
    signal === undefined ? {} : { signal },
  );
}

async function lookEverywhere(simulator: Simulator, task: SimulatorTask): Promise<House> {
  await simulator.load(task);
  const steps = await simulator.steps(rooms.flatMap((room) => [`teleport to ${room}`, "look around"]));
  const views = rooms.map((room, index) => {
    const view = parseView(steps[2 * index + 1]?.observation ?? "");
    if (view?.room === room) return [room, view] as const;
    throw new ScienceWorldError(
      `The ${room} of ${task.task}, variation ${task.variation}, could not be looked at: ${steps[2 * index]?.observation}`,
    );
  });
  return new Map(views);
}

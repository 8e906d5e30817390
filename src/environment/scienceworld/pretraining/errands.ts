import { formatMessage } from "../../../policy/message-format.ts";
import type { Random } from "../../../random.ts";
import type { Exercise } from "../../../trainer/pretraining/stage.ts";
import type { Message } from "../../../trajectory.ts";
import { scienceWorldPrompt } from "../system-prompt.ts";
import type { View } from "./view.ts";

/*
 * Errands: what a student should know of this world before it is given a task. They go through rooms as the simulator
 * describes them, with its own answers to walking and carrying. No task of the benchmark is done in them, nothing says
 * what is alive or how long it lives, and nothing is focused on.
 */

/** All rooms of one variation, by name. */
export type House = ReadonlyMap<string, View>;

/** An errand in one of the houses, as a chat; undefined for one that asks for nothing, such as to go where one is. */
export function drawErrand(random: Random, houses: readonly House[]): Exercise | undefined {
  const house = random.pick(houses);
  const chat = random.pick(errands)(random, house);
  const prompt: Message[] = random.chance(0.3) ? [{ role: "system", content: scienceWorldPrompt }] : [];
  const isEmpty = chat.every(({ role }) => role !== "assistant");
  return isEmpty ? undefined : { messages: [...prompt, ...chat] };
}

type DrawErrand = (random: Random, house: House) => readonly Message[];

/** To several rooms, one after the other. */
const visit: DrawErrand = (random, house) => {
  const stops = Array.from({ length: 2 + random.integer(4) }, () => random.pick([...house.keys()]));
  const trip = new Trip(
    house,
    random.pick([...house.keys()]),
    `Your task is to go to the ${stops.join(", then to the ")}.`,
  );
  for (const stop of stops) trip.goTo(stop);
  return trip.messages();
};

/** A thing is looked at where it is. */
const inspect: DrawErrand = (random, house) => {
  const { room, thing } = drawThing(random, house);
  const trip = new Trip(
    house,
    random.pick([...house.keys()]),
    `Your task is to look at the ${thing}. The ${thing} is in the '${room}' location.`,
  );
  trip.goTo(room);
  trip.lookAround();
  trip.act(`look at ${thing}`, "");
  return trip.messages();
};

/** A thing is put into or onto another one, in another room or in the same. */
const carry: DrawErrand = (random, house) => {
  const { room, thing } = drawThing(random, house);
  const target = drawThing(random, house);
  const trip = new Trip(
    house,
    random.pick([...house.keys()]),
    `Your task is to move the ${thing} to the ${target.thing} in the ${target.room}. The ${thing} is in the '${room}' location.`,
  );
  trip.goTo(room);
  trip.lookAround();
  if (target.room !== room) {
    trip.act(`pick up ${thing}`, `You move the ${thing} to the inventory.`);
    trip.goTo(target.room);
  }
  trip.act(`move ${thing} to ${target.thing}`, `You move the ${thing} to the ${target.thing}.`);
  return trip.messages();
};

/** The things of some rooms are read aloud. */
const name: DrawErrand = (random, house) => {
  const views = random.sample([...house.values()], 1 + random.integer(3));
  return views.flatMap(({ text, things, doors }): Message[] => [
    { role: "user", content: text },
    {
      role: "assistant",
      content: formatMessage(`${things.join(", ")}; ${doors.join(", ")}.`, "look around"),
    },
  ]);
};

const errands: readonly DrawErrand[] = [visit, inspect, carry, carry, name];

function drawThing(random: Random, house: House): { room: string; thing: string } {
  for (;;) {
    const { room, things } = random.pick([...house.values()]);
    if (things.length > 0) return { room, thing: random.pick(things) };
  }
}

/** A chat in the form of an episode. Doors are opened before they are gone through, as the simulator's own solutions do. */
class Trip {
  readonly #house: House;
  readonly #messages: Message[];
  #room: string;

  constructor(house: House, room: string, task: string) {
    this.#house = house;
    this.#room = room;
    this.#messages = [{ role: "user", content: `${task}\n${viewOf(house, room).text}` }];
  }

  act(action: string, answer: string): void {
    this.#messages.push(
      { role: "assistant", content: formatMessage("", action) },
      { role: "user", content: answer },
    );
  }

  lookAround(): void {
    this.act("look around", viewOf(this.#house, this.#room).text);
  }

  goTo(room: string): void {
    for (const next of shortestWay(this.#house, this.#room, room)) {
      this.act(`open door to ${next}`, "The door is already open.");
      this.act(`go to ${next}`, `You move to the ${next}.`);
    }
    this.#room = room;
  }

  /** Without the last answer, which nothing follows. */
  messages(): readonly Message[] {
    return this.#messages.slice(0, -1);
  }
}

function viewOf(house: House, room: string): View {
  const view = house.get(room);
  if (view === undefined) throw new RangeError(`no room is called ${room}`);
  return view;
}

/** The rooms to go through, the last one included; none if one is there. */
export function shortestWay(house: House, from: string, to: string): readonly string[] {
  const ways = new Map<string, readonly string[]>([[from, []]]);
  for (const [room, way] of ways) {
    if (room === to) return way;
    for (const next of viewOf(house, room).doors) if (!ways.has(next)) ways.set(next, [...way, next]);
  }
  throw new RangeError(`no way leads from ${from} to ${to}`);
}

import { describe, expect, it } from "vitest";
import { createRandom, deriveSeed } from "../../../random.ts";
import { drawErrand, type House, shortestWay } from "./errands.ts";
import { parseView } from "./view.ts";

function view(room: string, things: readonly string[], doors: readonly string[]) {
  const parsed = parseView(
    [
      `This room is called the ${room}. In it, you see: `,
      "\tthe agent",
      "\ta substance called air",
      ...things.map((thing) => `\t${thing}`),
      "You also see:",
      ...doors.map((door) => `\tA door to the ${door} (that is open)`),
    ].join("\n"),
  );
  if (parsed === undefined) throw new Error("no view");
  return parsed;
}

const house: House = new Map(
  [
    view("hall", ["a lamp, which is turned off. "], ["kitchen", "attic"]),
    view("kitchen", ["a table. On the table is: a glass cup (containing nothing)."], ["hall", "garden"]),
    view("garden", ["a flower pot 3 (containing a rose tree in the adult stage, soil)"], ["kitchen"]),
    view("attic", [], ["hall"]),
  ].map((seen) => [seen.room, seen]),
);

describe("a look around", () => {
  it("tells the room, its doors and its things, also those in and on others", () => {
    expect(house.get("hall")).toMatchObject({ things: ["lamp"], doors: ["kitchen", "attic"] });
    expect(house.get("kitchen")?.things).toEqual(["table", "glass cup"]);
    expect(house.get("garden")?.things).toEqual(["flower pot 3", "rose tree"]);
    expect(house.get("attic")?.things).toEqual([]);
  });

  it("of a place outside is read as well; anything else is not one", () => {
    expect(
      parseView("This outside location is called the outside. Here you see: \n\ta dove egg"),
    ).toMatchObject({
      room: "outside",
      things: ["dove egg"],
    });
    expect(parseView("You move to the hall.")).toBeUndefined();
  });
});

describe("an errand", () => {
  const draw = (count: number) =>
    Array.from(
      { length: count },
      (_, index) => drawErrand(createRandom(deriveSeed("errand", index)), [house]) ?? [],
    ).flat();

  it("is the same for the same seed", () => {
    expect(draw(20)).toEqual(draw(20));
  });

  it("goes through doors that are there, and ends with what is to be learned", () => {
    for (const { messages } of draw(200)) {
      expect(messages.at(-1)?.role).toBe("assistant");
      let room = parseView(
        messages.find(({ role }) => role === "user")?.content.replace(/^Your task.*\n/, "") ?? "",
      )?.room;
      for (const { content } of messages) {
        const next = /^Action: go to (.*)$/.exec(content)?.[1];
        if (next === undefined) continue;
        expect(house.get(room ?? "")?.doors).toContain(next);
        room = next;
      }
    }
  });

  it("does no task of the benchmark: nothing is focused on", () => {
    const actions = draw(200).flatMap(({ messages }) => messages.filter(({ role }) => role === "assistant"));
    expect(actions.length).toBeGreaterThan(200);
    expect(actions.filter(({ content }) => content.includes("focus"))).toEqual([]);
  });

  it("takes the shortest way", () => {
    expect(shortestWay(house, "attic", "garden")).toEqual(["hall", "kitchen", "garden"]);
    expect(shortestWay(house, "hall", "hall")).toEqual([]);
    expect(() => shortestWay(house, "hall", "moon")).toThrow(RangeError);
  });
});

import { describe, expect, it } from "vitest";
import { webshop } from "./environment.ts";
import { WebShopError } from "./errors.ts";
import { testCatalogue, testGoal } from "./test-shop.test-helpers.ts";

const environment = webshop({
  catalogue: testCatalogue(),
  goals: { train: [testGoal, { ...testGoal, options: [] }], test: [testGoal] },
});

function task(index = 0) {
  const found = environment.tasks("train")[index];
  if (found === undefined) throw new Error(`no task ${index}`);
  return found;
}

describe("the WebShop environment", () => {
  it("has a task for each goal, with an id of its own", () => {
    const ids = (["train", "validation", "test"] as const).map((split) =>
      environment.tasks(split).map(({ id }) => id),
    );
    expect(ids).toEqual([["webshop-train-0", "webshop-train-1"], [], ["webshop-test-0"]]);
    expect(environment.tasks("train")).toBe(environment.tasks("train"));
  });

  it("plays an episode to a win", async () => {
    await using episode = await environment.start(task(1));
    expect(episode.observation).toBe(`WebShop [SEP] Instruction: [SEP] ${testGoal.instruction} [SEP] Search`);
    expect(episode.actions).toEqual([]);
    const found = await episode.step("search[warm brass lamp]");
    expect(found).toMatchObject({ reward: 0, done: false, valid: true });
    expect(episode.actions).toContain("click[B000000001]");
    expect(await episode.step("click[nothing]")).toEqual({ ...found, valid: false });
    await episode.step("click[B000000001]");
    expect(await episode.step("click[Buy Now]")).toMatchObject({ reward: 1, done: true, valid: true });
  });

  it("goes on from a snapshot, however far the episode has gone since, and as often as one likes", async () => {
    const episode = await environment.start(task());
    await episode.step("search[lamp]");
    const snapshot = episode.snapshot?.();
    const { observation } = episode;
    const first = await episode.step("click[B000000001]");
    for (const taken of [snapshot, JSON.parse(JSON.stringify(snapshot))]) {
      const restored = await environment.restore(taken);
      expect(restored.observation).toBe(observation);
      expect(await restored.step("click[B000000001]")).toEqual(first);
    }
    expect(episode.observation).toBe(first.observation);
  });

  it.each([undefined, {}, { page: "index" }])("refuses what is no snapshot: %j", async (snapshot) => {
    await expect(environment.restore(snapshot)).rejects.toThrow(WebShopError);
  });

  it("reports a search that the benchmark fails on as an error of the environment", async () => {
    const episode = await environment.start(task());
    await expect(episode.step("search[<a> warm light]")).rejects.toThrow(/fails on the search/);
    expect((await episode.step("search[lamp]")).valid).toBe(true);
  });

  it.each([
    ["search[lamp]", "search"],
    ["click[b000000001]", "product"],
    ["click[red]", "option"],
    ["click[Next >]", "next"],
    ["click[< Prev]", "prev"],
    ["click[Back to Search]", "back"],
    ["click[Features]", "read"],
    ["click[Buy Now]", "buy"],
    ["think[hm]", "invalid"],
    ["click[constructor]", "option"],
  ])("calls %s a %s", (action, kind) => expect(environment.actionKind(action)).toBe(kind));

  it("can show rich observations", async () => {
    const rich = webshop({
      catalogue: testCatalogue(),
      goals: { train: [testGoal] },
      observation: "text_rich",
    });
    const [first] = rich.tasks("train");
    if (first === undefined) throw new Error("no task");
    expect((await rich.start(first)).observation).toContain("[button] Search [button_]");
  });
});

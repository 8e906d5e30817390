import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { inOrder } from "./in-order.ts";

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const result of results) collected.push(result);
  return collected;
}

it("results come in the order of the items, whichever is done first, and no more are under way than allowed", async () => {
  let underWay = 0;
  let most = 0;
  const work = async (item: number) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await wait(item);
    underWay -= 1;
    return item;
  };
  const results = await collect(inOrder([5, 30, 1, 20, 1], 3, work));
  expect(results).toEqual([5, 30, 1, 20, 1]);
  expect(most).toBe(3);
});

it("the first failure in that order is thrown, and what is under way is told to stop and waited for", async () => {
  const ended: string[] = [];
  const work = async (item: string, signal: AbortSignal) => {
    if (item === "fails") throw new Error("no");
    await wait(60_000, undefined, { signal }).catch(() => ended.push(item));
    return item;
  };
  await expect(collect(inOrder(["fails", "waits"], 2, work))).rejects.toThrow("no");
  expect(ended).toEqual(["waits"]);
});

it("ends with the signal's reason", async () => {
  const controller = new AbortController();
  const work = (_: number, signal: AbortSignal) => wait(60_000, undefined, { signal });
  const results = collect(inOrder([1, 2], 2, work, controller.signal));
  controller.abort(new Error("enough"));
  await expect(results).rejects.toThrow("enough");
});

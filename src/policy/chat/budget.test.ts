import { expect, test } from "vitest";
import { createBudget } from "./budget.ts";
import { ChatBudgetError } from "./chat-budget-error.ts";

const tested = (tokens: number) => ({ tokens: () => tokens, isTested: () => true });

test("as many requests as allowed, failed ones among them", async () => {
  const budget = createBudget({ requests: 3 });
  for (let sent = 0; sent < 3; sent++) (await budget.reserve(tested(10), undefined)).settle(0);
  await expect(budget.reserve(tested(10), undefined)).rejects.toThrow(/3 requests/);
});

test("requests in flight never reach beyond the tokens together", async () => {
  const budget = createBudget({ tokens: 100 });
  const first = await budget.reserve(tested(60), undefined);
  let isThrough = false;
  const second = budget.reserve(tested(60), undefined).then((reservation) => {
    isThrough = true;
    return reservation;
  });
  await new Promise(setImmediate);
  expect(isThrough).toBe(false);
  first.settle(30);
  (await second).settle(55);
  await expect(budget.reserve(tested(20), undefined)).rejects.toThrow(ChatBudgetError);
  (await budget.reserve(tested(15), undefined)).settle(15);
});

test("a retry beyond the budget says what made it necessary, and is permanent", () => {
  const budget = createBudget({ retries: 1 });
  budget.retry(new Error("first"));
  expect(() => budget.retry(new Error("out of memory"))).toThrow(/1 retries.*out of memory/);
  expect(new ChatBudgetError("retries", 1).isPermanent).toBe(true);
});

test("without limits nothing is refused", async () => {
  const budget = createBudget({});
  for (let sent = 0; sent < 50; sent++) await budget.reserve(tested(1e9), undefined);
  expect(() => budget.retry(undefined)).not.toThrow();
});

test("with a budget of tokens, requests go one by one until an expectation has been tested", async () => {
  const budget = createBudget({ tokens: 1000 });
  let perRequest = 10;
  let isTested = false;
  const expected = { tokens: () => perRequest, isTested: () => isTested };
  const first = await budget.reserve(expected, undefined);
  const others = Array.from({ length: 8 }, () => budget.reserve(expected, undefined));
  let through = 0;
  for (const other of others)
    void other.then(
      () => (through += 1),
      () => undefined,
    );
  await new Promise(setImmediate);
  expect(through).toBe(0);
  perRequest = 200;
  isTested = true;
  first.settle(200);
  await new Promise(setImmediate);
  // 200 are used, and four times 200 are left.
  expect(through).toBe(4);
  for (const other of others.slice(0, 4)) (await other).settle(200);
  const refused = await Promise.allSettled(others.slice(4));
  expect(refused.map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
});

test("what earlier commands have used counts, however often it is told", async () => {
  const budget = createBudget({ requests: 5, tokens: 100 });
  const earlier = { requests: 4, retries: 2, tokens: 60 };
  budget.restore(earlier);
  budget.restore(earlier);
  expect(budget.read()).toEqual(earlier);
  (await budget.reserve(tested(40), undefined)).settle(40);
  await expect(budget.reserve(tested(1), undefined)).rejects.toThrow(/5 requests/);
});

test("a request that was never sent is not counted", async () => {
  const budget = createBudget({ requests: 1 });
  (await budget.reserve(tested(10), undefined)).cancel();
  expect(budget.read()).toEqual({ requests: 0, retries: 0, tokens: 0 });
});

import { expect, test } from "vitest";
import { createBudget } from "./budget.ts";
import { ChatBudgetError } from "./chat-budget-error.ts";

test("as many requests as allowed, failed ones among them", async () => {
  const budget = createBudget({ requests: 3 });
  for (let sent = 0; sent < 3; sent++) (await budget.reserve(10, undefined)).settle(0);
  await expect(budget.reserve(10, undefined)).rejects.toThrow(/3 requests/);
});

test("requests in flight never reach beyond the tokens together", async () => {
  const budget = createBudget({ tokens: 100 });
  const first = await budget.reserve(60, undefined);
  let isThrough = false;
  const second = budget.reserve(60, undefined).then((reservation) => {
    isThrough = true;
    return reservation;
  });
  await new Promise(setImmediate);
  expect(isThrough).toBe(false);
  first.settle(30);
  (await second).settle(55);
  await expect(budget.reserve(20, undefined)).rejects.toThrow(ChatBudgetError);
  (await budget.reserve(15, undefined)).settle(15);
});

test("a retry beyond the budget says what made it necessary, and is permanent", () => {
  const budget = createBudget({ retries: 1 });
  budget.retry(new Error("first"));
  expect(() => budget.retry(new Error("out of memory"))).toThrow(/1 retries.*out of memory/);
  expect(new ChatBudgetError("retries", 1).isPermanent).toBe(true);
});

test("without limits nothing is refused", async () => {
  const budget = createBudget({});
  for (let sent = 0; sent < 50; sent++) await budget.reserve(1e9, undefined);
  expect(() => budget.retry(undefined)).not.toThrow();
});

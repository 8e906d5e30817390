import { expect, test } from "vitest";
import { guessContinuation, nextGuesses } from "./guess.ts";

test("a text is expected to go on as it did on the last time", () => {
  expect(guessContinuation([1, 2, 3, 4, 5, 1, 2], 3)).toEqual([3, 4, 5]);
  expect(guessContinuation([1, 2, 3, 9, 1, 2, 4, 9, 1, 2], 1)).toEqual([4]);
});

test("a place that shares more tokens with the end goes before a later one", () => {
  expect(guessContinuation([7, 1, 2, 3, 8, 2, 4, 7, 1, 2], 1)).toEqual([3]);
});

test("of what repeats itself, more of the same is expected", () => {
  expect(guessContinuation([5, 1, 1], 4)).toEqual([1, 1, 1, 1]);
  expect(guessContinuation([5, 1, 2, 1, 2], 3)).toEqual([1, 2, 1]);
});

test("nothing is guessed behind a new token, and no more than asked for", () => {
  expect(guessContinuation([1, 2, 3], 3)).toEqual([]);
  expect(guessContinuation([], 3)).toEqual([]);
  expect(guessContinuation([1, 2, 1], 0)).toEqual([]);
});

test("right guesses make the next ones longer, wrong ones shorter, but never nothing", () => {
  expect([nextGuesses(4, 4), nextGuesses(1, 1)]).toEqual([8, 2]);
  expect([nextGuesses(7, 6), nextGuesses(7, 2), nextGuesses(7, 0), nextGuesses(1, 0)]).toEqual([6, 2, 1, 1]);
});

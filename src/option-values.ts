import { z } from "zod";

/*
 * What options may be. The messages say what was expected and what came.
 */

/** An integer. */
export function wholeNumber(least: number): z.ZodType<number> {
  return checked(
    (value) => Number.isSafeInteger(value) && value >= least,
    `a whole number of at least ${least}`,
  );
}

/** At least `least`, and finite. */
export function numberFrom(least: number): z.ZodType<number> {
  return checked((value) => value >= least && Number.isFinite(value), `a number of at least ${least}`);
}

/** Both bounds are allowed. */
export function numberBetween(least: number, most: number): z.ZodType<number> {
  return checked((value) => value >= least && value <= most, `a number from ${least} to ${most}`);
}

/** Above 0, and finite. */
export function positiveNumber(): z.ZodType<number> {
  return checked((value) => value > 0 && Number.isFinite(value), "a positive number");
}

/** At least `least`, or Infinity, which sets no limit. */
export function limit(least: number): z.ZodType<number> {
  return checked((value) => value >= least, `a number of at least ${least}, or Infinity`);
}

/** One of some words. */
export function oneOf<const Words extends readonly string[]>(words: Words): z.ZodType<Words[number]> {
  return z.enum(words, { error: ({ input }) => expectation(`one of ${words.join(", ")}`, input) });
}

/** Threads of the tensor engine, of which more than any machine has would be taken for memory. */
export function threadCount(): z.ZodType<number> {
  return checked(
    (value) => Number.isSafeInteger(value) && value >= 1 && value <= 1024,
    "a whole number from 1 to 1024",
  );
}

function checked(isAllowed: (value: number) => boolean, expected: string): z.ZodType<number> {
  return z.custom<number>((value) => typeof value === "number" && isAllowed(value), {
    error: ({ input }) => expectation(expected, input),
  });
}

function expectation(expected: string, input: unknown): string {
  const shown = typeof input === "string" ? JSON.stringify(input.slice(0, 40)) : String(input);
  return `expected ${expected}, got ${shown}`;
}

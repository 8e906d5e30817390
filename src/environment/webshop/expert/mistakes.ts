import { z } from "zod";
import { createRandom, deriveSeed, type Random } from "../../../random.ts";

const rate = z.number().min(0).max(1);
const weight = z.number().min(0);

/** How often and in what way the scripted expert errs. The defaults were set by the expert's own win rate only. */
export const mistakeOptionsSchema = z.strictObject({
  /** Multiplies every rate of mistakes; 0 is an expert that never errs and never gives up. */
  mistakes: z.number().min(0).default(1),
  /** Probability of a mistake in one step at an empty transcript. */
  baseRate: rate.default(0.07),
  /** Added to it for each 1,000 characters of pages seen: the more there is to keep in mind, the more goes wrong. */
  ratePerThousandCharacters: rate.default(0.11),
  /** A step's probability of a mistake never exceeds this. */
  maximumRate: rate.default(0.6),
  /** Probability, in each step on a product page, to notice an earlier mistake about that product. */
  noticeRate: rate.default(0.12),
  /** Probability, in each step, to write an action that the shop does not understand or does not offer. */
  invalidRate: rate.default(0.02),
  /** Gives up after a number of steps drawn once per episode from this closed range. */
  patience: z.tuple([z.number().int().min(1), z.number().int().min(1)]).default([9, 15]),
  /** How common each kind is among the mistakes that the page allows. */
  kinds: z
    .strictObject({
      /** Takes a product that lacks one attribute or costs too much for a fitting one. */
      nearMiss: weight.default(4),
      /** Reads past a fitting product. */
      overlook: weight.default(2),
      /** Leaves a results page after reading only its first few products. */
      haste: weight.default(1.5),
      /** Clicks another value of the wanted option's group. */
      wrongOption: weight.default(3),
      /** Buys although wanted options are not chosen yet. */
      forgetOption: weight.default(2),
      /** Goes on with a product that lacks a wanted option. */
      settle: weight.default(3),
    })
    .prefault({}),
});
export type MistakeOptions = z.input<typeof mistakeOptionsSchema>;
export type ResolvedMistakeOptions = z.output<typeof mistakeOptionsSchema>;

export type MistakeKind = keyof ResolvedMistakeOptions["kinds"];

/** Where a step stands: it and the options alone fix all that goes wrong in it. */
export interface StepPosition {
  readonly seed: number;
  readonly turn: number;
  /** Characters of the pages seen so far. */
  readonly length: number;
}

/** One draw per step decides whether something goes wrong and which kind, among those that `possible` allows. */
export function drawMistake(
  options: ResolvedMistakeOptions,
  position: StepPosition,
  possible: readonly MistakeKind[],
): MistakeKind | undefined {
  const random = stepRandom(position, "mistake");
  const rising = options.baseRate + (options.ratePerThousandCharacters * position.length) / 1000;
  const errs = random.chance(Math.min(options.mistakes * rising, options.maximumRate));
  const total = possible.reduce((sum, kind) => sum + options.kinds[kind], 0);
  if (!errs || total === 0) return undefined;
  let rest = random.next() * total;
  return possible.find((kind) => {
    rest -= options.kinds[kind];
    return rest < 0;
  });
}

/** Whether the expert sees in this step that it erred before. */
export function notices(options: ResolvedMistakeOptions, position: StepPosition): boolean {
  return stepRandom(position, "notice").chance(options.noticeRate);
}

export function slips(options: ResolvedMistakeOptions, position: StepPosition): boolean {
  return stepRandom(position, "slip").chance(options.mistakes * options.invalidRate);
}

export function losesPatience(options: ResolvedMistakeOptions, { seed, turn }: StepPosition): boolean {
  if (options.mistakes === 0) return false;
  const [shortest, longest] = options.patience;
  return turn >= shortest + createRandom(deriveSeed("patience", seed)).integer(longest - shortest + 1);
}

/** A stream of its own for each purpose, so that a draw more in one place changes nothing elsewhere. */
export function stepRandom({ seed, turn }: StepPosition, purpose: string): Random {
  return createRandom(deriveSeed("scripted-expert", purpose, seed, turn));
}

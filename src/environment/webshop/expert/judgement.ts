import type { Wish } from "./instruction.ts";

/**
 * Why a product with this title and price is not the wished one; empty if it is, as far as these two tell.
 *
 * @param titleShare 1: the type and every attribute must stand in the title word for word, as in generated shops.
 *   Less: so large a share of the wish's words must. Real titles seldom name the attributes that a product has.
 */
export function objections(wish: Wish, title: string, price: number, titleShare = 1): string[] {
  const missing = titleShare < 1 ? looselyMissing(wish, title, titleShare) : missingPhrases(wish, title);
  return price < wish.priceLimit ? missing : [...missing, "price"];
}

function missingPhrases({ type, attributes }: Wish, title: string): string[] {
  const words = ` ${title.toLowerCase()} `;
  return [type, ...attributes].filter((phrase) => !words.includes(` ${phrase} `));
}

/** Too few words in common: one attribute is missed if there are half as many as asked for, else the type. */
function looselyMissing({ text, type, attributes }: Wish, title: string, titleShare: number): string[] {
  const wanted = contentWords(text);
  const offered = contentWords(title);
  const share = wanted.filter((word) => offered.includes(word)).length / Math.max(wanted.length, 1);
  if (share >= titleShare) return [];
  return [share >= titleShare / 2 ? (attributes[0] ?? type) : type];
}

/** Lower-case words without the most common ones, cut to four letters so that plural and singular meet. */
function contentWords(text: string): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return [
    ...new Set(
      words.filter((word) => !/^(with|for|and|of|the|s)$/.test(word)).map((word) => word.slice(0, 4)),
    ),
  ];
}

/** Of the right type, with exactly one other thing wrong: what a hurried reader takes for a fitting product. */
export function isNearMiss(wish: Wish, found: readonly string[]): boolean {
  return found.length === 1 && found[0] !== wish.type;
}

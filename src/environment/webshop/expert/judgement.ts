import type { Wish } from "./instruction.ts";

/** Why a product with this title and price is not the wished one; empty if it is, as far as these two tell. */
export function objections(wish: Wish, title: string, price: number): string[] {
  const words = ` ${title.toLowerCase()} `;
  const missing = [wish.type, ...wish.attributes].filter((phrase) => !words.includes(` ${phrase} `));
  return price < wish.priceLimit ? missing : [...missing, "price"];
}

/** Of the right type, with exactly one other thing wrong: what a hurried reader takes for a fitting product. */
export function isNearMiss(wish: Wish, found: readonly string[]): boolean {
  return found.length === 1 && found[0] !== wish.type;
}

/** The first one or two prices of a price text. */
export type Prices = readonly [number] | readonly [lowest: number, highest: number];

/** What the benchmark assumes of a product without a price. */
const missingPrice: Prices = [100];

/**
 * Reads "$17.99", "$1,299.00" or "$5.99 - $12.99"; a third price and everything after it is ignored.
 *
 * @returns undefined if the text is neither empty nor a price.
 */
export function parsePrices(text: string | null | undefined): Prices | undefined {
  if (text === null || text === undefined || text === "") return missingPrice;
  const amounts = text.split("$").slice(1).map(parseAmount);
  const [first, second] = amounts;
  if (first === undefined || amounts.includes(undefined)) return undefined;
  return second === undefined ? [first] : [first, second];
}

function parseAmount(text: string): number | undefined {
  const digits = text.replace(/[^\d.]/g, "");
  return /^(\d+\.?\d*|\.\d+)$/.test(digits) ? Number(digits) : undefined;
}

import { buttonNode, createBlock, type PageBlock, textNode } from "./page-block.ts";
import type { ProductView } from "./product-view.ts";

/** Results on one page. */
export const pageSize = 10;

/**
 * One page of results, below the instruction. There is no end: past the last result the list is empty.
 *
 * @param results ASINs of all results, best first
 * @param pageNumber from 1
 */
export function listingBlock(
  results: readonly string[],
  pageNumber: number,
  view: (asin: string) => ProductView,
): PageBlock {
  const shown = results.slice((pageNumber - 1) * pageSize, pageNumber * pageSize);
  return createBlock([
    buttonNode("Back to Search"),
    textNode(`Page ${pageNumber} (Total results: ${results.length})`),
    ...(pageNumber > 1 ? [buttonNode("< Prev")] : []),
    buttonNode("Next >"),
    ...shown.flatMap((asin) => view(asin).resultNodes()),
  ]);
}

import { lazy } from "./lru-cache.ts";
import {
  buttonNode,
  createBlock,
  optionNode,
  type PageBlock,
  type PageNode,
  productNode,
  textNode,
} from "./page-block.ts";
import type { Product } from "./product.ts";
import type { SubPage } from "./session.ts";
import { pythonFloat } from "./text/python-format.ts";

/** A product with everything that pages and rewards derive from it, computed when first needed. */
export interface ProductView {
  readonly product: Product;
  /** Its three lines in a list of results. */
  resultNodes(): readonly PageNode[];
  /** The product page below the navigation. */
  itemBlock(): PageBlock;
  /** A sub-page below the navigation. */
  subPageBlock(subPage: SubPage): PageBlock;
  /** Lower-case title, bullets and description, where the reward looks for attributes. */
  searchedTexts(): readonly string[];
}

export function createProductView(product: Product): ProductView {
  return {
    product,
    resultNodes: lazy(() => [
      productNode(product.asin),
      textNode(product.title),
      textNode(priceTag(product)),
    ]),
    itemBlock: lazy(() => itemBlock(product)),
    subPageBlock: (subPage) => subPageBlock(product, subPage),
    searchedTexts: lazy(() =>
      [product.title, product.bullets.join(" "), product.description].map((text) => text.toLowerCase()),
    ),
  };
}

function priceTag({ prices }: Product): string {
  return prices.map((price) => `$${pythonFloat(price)}`).join(" to ");
}

function itemBlock(product: Product): PageBlock {
  return createBlock([
    ...product.options.flatMap(({ name, values }) => [
      textNode(name),
      ...values.map((value) => optionNode(name, value)),
    ]),
    textNode(product.title),
    textNode(`Price: ${priceTag(product)}`),
    // The benchmark ships neither ratings nor reviews.
    textNode("Rating: N.A."),
    buttonNode("Description"),
    buttonNode("Features"),
    buttonNode("Reviews"),
    buttonNode("Buy Now"),
  ]);
}

function subPageBlock(product: Product, subPage: SubPage): PageBlock {
  switch (subPage) {
    case "Description":
      return createBlock([textNode(product.description)]);
    case "Features":
      // The template has a space before each bullet, so a blank bullet is still an (empty) segment.
      return createBlock(product.bullets.map((bullet) => textNode(` ${bullet}`)));
    case "Reviews":
      return createBlock([]);
    case "Attributes":
      return createBlock([
        ...product.attributes.map((attribute) => textNode(` ${attribute}`)),
        textNode(product.category),
        textNode(product.query),
        textNode(product.productCategory),
      ]);
  }
}

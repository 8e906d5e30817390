/** A product as a results page lists it. */
export interface ListedProduct {
  readonly asin: string;
  readonly title: string;
  /** Dollars; of a price range, the lower end. */
  readonly price: number;
}

/** What a `text` observation of the shop shows. */
export type Page =
  | { readonly kind: "start"; readonly instruction: string }
  | {
      readonly kind: "results";
      readonly instruction: string;
      readonly number: number;
      readonly total: number;
      readonly products: readonly ListedProduct[];
    }
  | {
      readonly kind: "product";
      readonly instruction: string;
      readonly title: string;
      readonly price: number;
      /** Names and values of the option groups in the order of the page; the text does not tell them apart. */
      readonly optionTexts: readonly string[];
    }
  | { readonly kind: "other"; readonly instruction: string | undefined };

const separator = " [SEP] ";

/** Reads a `text` observation. Whatever it does not know is `other`. */
export function parsePage(observation: string): Page {
  const segments = observation.split(separator);
  const heading = segments.indexOf("Instruction:");
  const instruction = heading < 0 ? undefined : segments[heading + 1];
  if (instruction === undefined) return { kind: "other", instruction };
  const body = segments.slice(heading + 2);
  if (body[0] === "Search") return { kind: "start", instruction };

  const pageLine = /^Page (\d+) \(Total results: (\d+)\)$/.exec(body[1] ?? "");
  if (pageLine !== null) {
    return {
      kind: "results",
      instruction,
      number: Number(pageLine[1]),
      total: Number(pageLine[2]),
      products: readListing(body.slice(body.indexOf("Next >") + 1)),
    };
  }

  const priceIndex = body.findIndex((segment) => segment.startsWith("Price: "));
  if (body[1] === "< Prev" && priceIndex > 2) {
    return {
      kind: "product",
      instruction,
      title: body[priceIndex - 1] ?? "",
      price: readPrice(body[priceIndex] ?? ""),
      optionTexts: body.slice(2, priceIndex - 1),
    };
  }
  return { kind: "other", instruction };
}

function readListing(segments: readonly string[]): ListedProduct[] {
  const products: ListedProduct[] = [];
  for (let index = 0; index + 2 < segments.length; index += 3) {
    const [asin = "", title = "", price = ""] = segments.slice(index, index + 3);
    products.push({ asin, title, price: readPrice(price) });
  }
  return products;
}

function readPrice(text: string): number {
  return Number(/\$([\d.]+)/.exec(text)?.[1] ?? Number.NaN);
}

import type { Random } from "../../../random.ts";
import type { Attribute } from "./lexicon.ts";
import type { Product } from "./product.ts";

/** Brand, attributes, type: "Nordo easy clean space saving desk lamps with usb port". */
export function titleText(product: Product): string {
  return `${product.brand} ${nounPhrase(product.type.name, product.attributes, " ")}`;
}

/** The benchmark's form: "Find me easy clean, space saving desk lamps with usb port". */
export function instructionText(product: Product, wanted: readonly Attribute[]): string {
  return `Find me ${nounPhrase(product.type.name, wanted, ", ")}`;
}

function nounPhrase(type: string, attributes: readonly Attribute[], separator: string): string {
  const before = attributes.filter(({ place }) => place === "before").map(({ phrase }) => phrase);
  const behind = attributes
    .filter(({ place }) => place !== "before")
    .map(({ place, phrase }) => `${place} ${phrase}`);
  return [before.join(separator), type, ...behind].filter((part) => part !== "").join(" ");
}

const openings = [
  "A good pick for every day.",
  "Our best seller this year.",
  "A gift that friends love.",
  "Simple, neat and well made.",
  "New this season.",
  "Made to please you.",
];

/**
 * A description that search cannot tell from a fitting one: it names the type again and words of attributes that
 * the product may lack, but each word apart, never two words of one phrase in a row.
 */
export function descriptionText(random: Random, product: Product, searchNoise: number): string {
  const sentences: string[] = [random.pick(openings)];
  // Products differ in how loudly they advertise: without that the fitting product would always come first.
  const loudness = searchNoise * random.next();
  const name = product.type.name;
  for (const sentence of [`See more ${name}.`, `Our ${name} are new.`, `Few ${name} sell so well.`]) {
    if (random.chance(loudness)) sentences.push(sentence);
  }
  const words = product.type.attributes
    .filter((attribute) => !product.attributes.includes(attribute))
    .flatMap(({ phrase }) => phrase.split(" "));
  for (const lead of ["People also ask for", "Goes with"]) {
    const named = [...new Set(words)].filter(() => random.chance(loudness));
    if (named.length > 0) sentences.push(`${lead}: ${random.shuffle(named).join(", ")}.`);
  }
  return sentences.join(" ");
}

export function bulletTexts(random: Random, product: Product): string[] {
  return random.sample(
    [
      `From the house of ${product.brand}.`,
      "Ships in two days.",
      "Free returns within a month.",
      "Packed with care.",
    ],
    2,
  );
}

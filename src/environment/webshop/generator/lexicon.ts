/**
 * The words of the generated shop: departments, product types, attributes, options and brands, all our own. Few
 * and short (under 400 in all), because the embedded student's vocabulary is small.
 */

/** How an attribute stands in a title and in an instruction: before the type, or after it behind a preposition. */
export type AttributePlace = "before" | "with" | "for";

export interface Attribute {
  /** Always two words, lower-case. */
  readonly phrase: string;
  readonly place: AttributePlace;
}

export interface OptionGroup {
  readonly name: string;
  /** Lower-case, none contained in another; distinct over the groups of a type. */
  readonly values: readonly string[];
}

export interface ProductType {
  readonly department: string;
  readonly aisle: string;
  /** One or two words, plural, lower-case: what titles and instructions call it. */
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly groups: readonly OptionGroup[];
  /** Lowest and highest price in dollars. */
  readonly prices: readonly [number, number];
}

const colors = ["black", "white", "gray", "navy", "red", "green", "pink", "brown"];
const garmentSizes = ["small", "medium", "large", "petite"];
const scents = ["vanilla", "citrus", "mint", "rose", "honey"];
const flavors = ["apple", "berry", "cherry", "cocoa", "maple"];

const groups = {
  color: { name: "color", values: colors },
  garmentSize: { name: "size", values: garmentSizes },
  bedSize: { name: "size", values: ["twin", "full", "queen", "king"] },
  plainSize: { name: "size", values: ["small", "medium", "large"] },
  style: { name: "style", values: ["classic", "modern", "vintage", "sport"] },
  shape: { name: "shape", values: ["round", "square", "oval"] },
  count: { name: "count", values: ["6", "12", "24"] },
  scent: { name: "scent", values: scents },
  flavor: { name: "flavor", values: flavors },
  fabric: { name: "fabric", values: ["cotton", "wool", "linen", "bamboo"] },
} satisfies Record<string, OptionGroup>;

type GroupKey = keyof typeof groups;

/** "with steel frame" stands after the type, "easy clean" before it. */
function readAttribute(text: string): Attribute {
  const suffix = /^(with|for) (.+)$/.exec(text);
  if (suffix === null) return { phrase: text, place: "before" };
  return { phrase: suffix[2] ?? "", place: suffix[1] === "with" ? "with" : "for" };
}

function aisle(
  department: string,
  aisleName: string,
  types: readonly (readonly [
    name: string,
    prices: [number, number],
    groups: GroupKey[],
    attributes: string,
  ])[],
): ProductType[] {
  return types.map(([name, prices, groupKeys, attributes]) => ({
    department,
    aisle: aisleName,
    name,
    prices,
    groups: groupKeys.map((key) => groups[key]),
    attributes: attributes.split(", ").map(readAttribute),
  }));
}

/** 40 types in 8 departments; each 7 or 8 attributes, of which neighbours share words, as in a real shop. */
export const productTypes: readonly ProductType[] = [
  ...aisle("Home", "Lighting", [
    [
      "desk lamps",
      [12, 70],
      ["color", "style"],
      "easy install, easy clean, energy saving, space saving, long lasting, heavy duty, with usb port, with steel frame",
    ],
    [
      "floor lamps",
      [25, 99],
      ["color", "style"],
      "easy install, easy use, energy saving, space saving, heavy duty, hand made, with wood frame, for living room",
    ],
    [
      "night lights",
      [5, 40],
      ["color", "shape", "count"],
      "easy install, easy carry, energy saving, long lasting, non toxic, eco friendly, for guest room, for living room",
    ],
  ]),
  ...aisle("Home", "Bedding", [
    [
      "bed sheets",
      [15, 80],
      ["bedSize", "color", "fabric"],
      "machine washable, fade resistant, stain resistant, skin friendly, eco friendly, easy care, high quality, for guest room",
    ],
    [
      "blankets",
      [12, 75],
      ["color", "plainSize", "fabric"],
      "machine washable, fade resistant, double sided, super soft, skin friendly, easy care, hand made, for cold weather",
    ],
    [
      "pillows",
      [10, 60],
      ["bedSize", "count"],
      "machine washable, skin friendly, super soft, dust free, easy care, with memory foam, for side sleepers, for guest room",
    ],
  ]),
  ...aisle("Home", "Decor", [
    [
      "curtains",
      [14, 70],
      ["color", "plainSize"],
      "machine washable, fade resistant, energy saving, double sided, easy install, easy care, for living room, for dining room",
    ],
    [
      "area rugs",
      [20, 99],
      ["color", "shape", "plainSize"],
      "stain resistant, fade resistant, easy clean, non slip, double sided, hand made, for living room, for dining room",
    ],
  ]),
  ...aisle("Kitchen", "Cookware", [
    [
      "frying pans",
      [12, 75],
      ["color", "plainSize"],
      "non stick, non toxic, heat resistant, scratch resistant, easy clean, heavy duty, with glass lid, with wood handle",
    ],
    [
      "soup pots",
      [18, 90],
      ["color", "plainSize"],
      "non stick, non toxic, heat resistant, rust proof, easy clean, high quality, with glass lid, with steel handle",
    ],
    [
      "baking trays",
      [8, 45],
      ["shape", "plainSize", "count"],
      "non stick, non slip, heat resistant, rust proof, scratch resistant, easy clean, heavy duty, with glass lid",
    ],
  ]),
  ...aisle("Kitchen", "Dining", [
    [
      "water bottles",
      [8, 45],
      ["color", "plainSize"],
      "leak proof, rust proof, double wall, easy carry, easy clean, non toxic, with steel handle, for hot drinks",
    ],
    [
      "coffee mugs",
      [6, 40],
      ["color", "count"],
      "leak proof, double wall, hand made, heat resistant, easy clean, high quality, with wood handle, for hot drinks",
    ],
    [
      "lunch boxes",
      [9, 50],
      ["color", "style"],
      "leak proof, stain resistant, easy carry, easy clean, non toxic, eco friendly, with storage bag, with side pocket",
    ],
    [
      "cutting boards",
      [8, 55],
      ["plainSize", "shape"],
      "non slip, non toxic, double sided, scratch resistant, stain resistant, easy clean, hand made, with steel handle",
    ],
  ]),
  ...aisle("Beauty", "Skin Care", [
    [
      "face creams",
      [8, 60],
      ["scent", "count"],
      "oil free, fragrance free, cruelty free, long lasting, plant based, with shea butter, with coconut oil, for dry skin",
    ],
    [
      "body lotions",
      [7, 50],
      ["scent", "plainSize"],
      "oil free, cruelty free, fast drying, long lasting, plant based, with shea butter, for dry skin, for sensitive skin",
    ],
    [
      "lip balms",
      [5, 25],
      ["scent", "count", "flavor"],
      "sugar free, fragrance free, cruelty free, long lasting, plant based, easy carry, with shea butter, with coconut oil",
    ],
  ]),
  ...aisle("Beauty", "Hair Care", [
    [
      "shampoo",
      [7, 45],
      ["scent", "plainSize"],
      "oil free, fragrance free, cruelty free, plant based, eco friendly, with coconut oil, for dry hair, for damaged hair",
    ],
    [
      "hair brushes",
      [6, 35],
      ["color", "shape"],
      "easy clean, easy carry, heat resistant, non slip, high quality, with wood handle, for dry hair, for damaged hair",
    ],
    [
      "hair dryers",
      [20, 95],
      ["color", "style"],
      "fast drying, energy saving, high power, easy carry, heat resistant, with storage bag, for dry hair, for damaged hair",
    ],
  ]),
  ...aisle("Clothing", "Shoes", [
    [
      "running shoes",
      [25, 95],
      ["color", "garmentSize"],
      "non slip, light weight, wide fit, water resistant, fast drying, high quality, with memory foam, with rubber sole",
    ],
    [
      "rain boots",
      [18, 75],
      ["color", "garmentSize"],
      "non slip, wide fit, water resistant, easy clean, light weight, fully lined, with rubber sole, for cold weather",
    ],
    [
      "slippers",
      [9, 45],
      ["color", "garmentSize", "fabric"],
      "non slip, machine washable, super soft, wide fit, light weight, fully lined, with memory foam, with rubber sole",
    ],
  ]),
  ...aisle("Clothing", "Wear", [
    [
      "work shirts",
      [12, 60],
      ["color", "garmentSize", "fabric"],
      "machine washable, long sleeve, slim fit, loose fit, stain resistant, easy care, for daily wear, for hot weather",
    ],
    [
      "winter coats",
      [35, 99],
      ["color", "garmentSize"],
      "machine washable, slim fit, loose fit, water resistant, wind proof, fully lined, with side pocket, for cold weather",
    ],
    [
      "yoga pants",
      [14, 60],
      ["color", "garmentSize"],
      "machine washable, high waist, slim fit, fast drying, super soft, light weight, with side pocket, for daily wear",
    ],
    [
      "socks",
      [5, 30],
      ["color", "garmentSize", "count"],
      "machine washable, non slip, fast drying, super soft, fade resistant, light weight, for cold weather, for daily wear",
    ],
  ]),
  ...aisle("Electronics", "Audio", [
    [
      "headphones",
      [15, 99],
      ["color", "style"],
      "noise canceling, long lasting, fast charging, water resistant, light weight, high quality, with carry case, for daily wear",
    ],
    [
      "desk speakers",
      [18, 95],
      ["color", "style", "shape"],
      "noise canceling, high power, high quality, space saving, easy install, easy carry, with usb port, with wood frame",
    ],
  ]),
  ...aisle("Electronics", "Phones", [
    [
      "phone cases",
      [6, 35],
      ["color", "style"],
      "shock proof, dust free, scratch resistant, non slip, light weight, easy install, hand made, with carry case",
    ],
    [
      "phone chargers",
      [8, 45],
      ["color", "count"],
      "fast charging, high power, heat resistant, easy carry, space saving, heavy duty, with usb port, with carry case",
    ],
  ]),
  ...aisle("Grocery", "Snacks", [
    [
      "fruit bars",
      [6, 35],
      ["flavor", "count"],
      "sugar free, gluten free, dairy free, low calorie, low sodium, plant based, high protein, with coconut oil",
    ],
    [
      "rice cakes",
      [5, 30],
      ["flavor", "count", "plainSize"],
      "sugar free, gluten free, dairy free, low calorie, low sodium, plant based, non gmo, with coconut oil",
    ],
    [
      "protein shakes",
      [12, 60],
      ["flavor", "count"],
      "sugar free, gluten free, dairy free, low calorie, plant based, high protein, non gmo, for home gym",
    ],
  ]),
  ...aisle("Outdoor", "Camping", [
    [
      "camp chairs",
      [18, 80],
      ["color", "style"],
      "heavy duty, light weight, rust proof, water resistant, easy carry, space saving, with steel frame, with side pocket",
    ],
    [
      "sleeping bags",
      [22, 95],
      ["color", "plainSize"],
      "machine washable, light weight, wind proof, water resistant, fully lined, easy carry, with storage bag, for cold weather",
    ],
    [
      "backpacks",
      [16, 85],
      ["color", "style", "plainSize"],
      "heavy duty, light weight, water resistant, scratch resistant, easy carry, fully lined, with usb port, with side pocket",
    ],
  ]),
  ...aisle("Office", "Furniture", [
    [
      "office chairs",
      [40, 99],
      ["color", "style"],
      "easy install, easy clean, heavy duty, space saving, scratch resistant, high quality, with steel frame, with memory foam",
    ],
    [
      "side tables",
      [22, 95],
      ["color", "shape"],
      "easy install, easy clean, heavy duty, space saving, hand made, with wood frame, for living room, for guest room",
    ],
  ]),
];

/** Invented; each one short word. */
export const brands: readonly string[] =
  "Adora Alto Arden Balto Belva Benno Briva Calix Corda Cosmo Delo Dorin Elva Enzo Fable Fenn Fira Galo Gilda Harlo Hexa Ilva Indo Joro Juna Kelda Kivo Kora Lando Lenno Lira Lumo Malva Mero Milo Nando Nexa Nordo Olva Orbi Palo Pinto Polka Quill Ramo Rilo Rova Salvo Sela Solo Tarn Tivo Tora Uno Valdo Vela Vinto Wexo Yara Zello".split(
    " ",
  );

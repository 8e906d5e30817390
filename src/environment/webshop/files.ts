import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EefError } from "../../errors.ts";
import { buildCatalogue, type Catalogue } from "./catalogue.ts";
import { readJsonElements } from "./json-elements.ts";

/** The benchmark's files of one catalogue. */
export interface CatalogueFiles {
  /** `items_shuffle*.json` */
  readonly products: string;
  /** `items_ins_v2*.json` */
  readonly attributes: string;
  /** `items_human_ins.json`; without it there are no human goals. */
  readonly humanInstructions?: string;
}

/**
 * Loads the benchmark's files.
 *
 * @param source the files, or a directory with one set of them
 * @throws InvalidFileError that names file, element and field
 * @throws EefError if the directory holds no file of a kind, or several
 */
export function loadCatalogue(source: string | CatalogueFiles): Catalogue {
  const files = typeof source === "string" ? findCatalogueFiles(source) : source;
  const attributes = readKeyed(files.attributes);
  const humanInstructions =
    files.humanInstructions === undefined ? new Map<string, string>() : readKeyed(files.humanInstructions);
  return buildCatalogue({
    products: values(files.products),
    attributes: (asin) => parsed(attributes.get(asin)),
    humanInstructions: (asin) => parsed(humanInstructions.get(asin)),
    names: {
      products: files.products,
      attributes: files.attributes,
      humanInstructions: files.humanInstructions ?? "human instructions",
    },
  });
}

export function findCatalogueFiles(directory: string): CatalogueFiles {
  const names = listJsonFiles(directory);
  const products = onlyFile(directory, names, "items_shuffle");
  const attributes = onlyFile(directory, names, "items_ins_v2");
  const human = join(directory, "items_human_ins.json");
  return existsSync(human) ? { products, attributes, humanInstructions: human } : { products, attributes };
}

function listJsonFiles(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith(".json"));
  } catch (cause) {
    throw new EefError(`${directory}: cannot be read as a directory of WebShop's files: ${String(cause)}`, {
      cause,
    });
  }
}

function onlyFile(directory: string, names: readonly string[], start: string): string {
  const found = names.filter((name) => name.startsWith(start));
  const [name] = found;
  if (name !== undefined && found.length === 1) return join(directory, name);
  throw new EefError(
    `${directory}: expected one file ${start}*.json, found ${found.length === 0 ? "none" : found.join(", ")}`,
    {
      hint:
        found.length === 0
          ? "WebShop's own download script fetches these files."
          : "Name the files instead: { products, attributes, humanInstructions }.",
    },
  );
}

function* values(path: string): Generator<unknown> {
  for (const { value } of readJsonElements(path)) yield value;
}

/** Entries of an object by key, as JSON text, which takes less memory than objects do. */
function readKeyed(path: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const { key, value } of readJsonElements(path)) {
    if (key !== undefined) entries.set(key, JSON.stringify(value));
  }
  return entries;
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EefError } from "../../errors.ts";
import { buildCatalogue, type Catalogue } from "./catalogue.ts";
import { parseJson, readJsonArray, readJsonEntries } from "./json-elements.ts";

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
  const human = files.humanInstructions ?? "human instructions";
  // JSON text takes less memory than the objects would.
  const attributes = new Map(readJsonEntries(files.attributes));
  const humanInstructions = new Map(files.humanInstructions === undefined ? [] : readJsonEntries(human));
  return buildCatalogue({
    products: readJsonArray(files.products),
    attributes: (asin) => parseEntry(attributes, asin, files.attributes),
    humanInstructions: (asin) => parseEntry(humanInstructions, asin, human),
    names: { products: files.products, attributes: files.attributes, humanInstructions: human },
  });
}

function parseEntry(entries: ReadonlyMap<string, string>, asin: string, path: string): unknown {
  const json = entries.get(asin);
  return json === undefined ? undefined : parseJson(json, path, `"${asin}"`);
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

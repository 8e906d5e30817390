/**
 * How a catalogue of the full benchmark's size loads and searches, on one core. Writes the benchmark's files to a
 * temporary directory, loads them as a user would, searches, and prints one line per figure (or JSON).
 *
 *   node bench/webshop/large-catalogue.ts [--products 1180000] [--text generated|long-tail] [--queries 300] [--json]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Catalogue } from "../../src/environment/webshop/catalogue.ts";
import { loadCatalogue } from "../../src/environment/webshop/files.ts";
import { writeCatalogue } from "../../src/environment/webshop/generator/index.ts";
import { createRandom, deriveSeed } from "../../src/random.ts";
import { BenchmarkError, count, readCommandLine } from "../command-line.ts";
import { writeLongTailCatalogue } from "./long-tail-products.ts";

const { values: flags } = readCommandLine(import.meta.url, {
  products: { type: "string", default: "1180000" },
  text: { type: "string", default: "generated" },
  queries: { type: "string", default: "300" },
  json: { type: "boolean", default: false },
  /** Only writes the files, to this directory: the bench calls itself so, to keep its own memory clean. */
  write: { type: "string" },
});
if (flags.text !== "generated" && flags.text !== "long-tail") {
  throw new BenchmarkError(`--text takes generated or long-tail, not "${flags.text}".`);
}
const queryCount = count("queries", flags.queries);
const products = count("products", flags.products);
const seed = 1;

if (flags.write === undefined) {
  measure();
} else if (flags.text === "generated") {
  await writeCatalogue({ products, seed }, flags.write);
} else {
  writeLongTailCatalogue(products, seed, flags.write);
}

function measure(): void {
  const directory = mkdtempSync(join(tmpdir(), "large-catalogue-"));
  try {
    const script = fileURLToPath(import.meta.url);
    const options = ["--products", flags.products, "--text", flags.text, "--write", directory];
    const { status } = spawnSync(process.execPath, [script, ...options], { stdio: "inherit" });
    if (status !== 0) throw new Error(`writing the catalogue failed with status ${status}`);
    print(figures(directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function figures(directory: string): Record<string, number | string> {
  const fileBytes = readdirSync(directory).reduce(
    (sum, name) => sum + statSync(join(directory, name)).size,
    0,
  );
  const [catalogue, load] = timed(() => loadCatalogue(directory));
  const residentMegabytes = megabytes(process.memoryUsage.rss());
  const queries = drawQueries(catalogue, queryCount);
  const searches = queries.map((query) => timed(() => catalogue.search(query, 50))[1]);
  const random = createRandom(deriveSeed("look-ups", seed));
  const lookUps = Array.from({ length: 1000 }, () => random.pick(catalogue.asins)).map(
    (asin) => timed(() => catalogue.product(asin))[1],
  );
  const searchTimes = searches.map(({ wall }) => wall);
  return {
    text: flags.text,
    products: catalogue.asins.length,
    "files, MB": megabytes(fileBytes),
    "load, s": rounded(load.wall / 1000),
    "load, CPU s": rounded(load.processor / 1000),
    "resident after loading, MB": residentMegabytes,
    "resident at most, MB": megabytes(process.resourceUsage().maxRSS * 1024),
    queries: queries.length,
    "search, median ms": rounded(quantile(searchTimes, 0.5)),
    "search, 95th percentile ms": rounded(quantile(searchTimes, 0.95)),
    "search, longest ms": rounded(quantile(searchTimes, 1)),
    "search, mean CPU ms": rounded(
      searches.reduce((sum, { processor }) => sum + processor, 0) / searches.length,
    ),
    "product by ASIN, median ms": rounded(
      quantile(
        lookUps.map(({ wall }) => wall),
        0.5,
      ),
    ),
  };
}

/** What shoppers type: a kind of product, a whole instruction, a title, an attribute and a kind, a single word. */
function drawQueries(catalogue: Catalogue, count: number): string[] {
  const random = createRandom(deriveSeed("large-catalogue-queries", seed));
  return Array.from({ length: count }, (_, index) => {
    const product = catalogue.product(random.pick(catalogue.asins));
    if (product === undefined) throw new Error("the catalogue does not know its own ASIN");
    const { query, title, attributes, instruction } = product;
    const kinds = [
      query,
      instruction?.text ?? query,
      title,
      `${random.pick(attributes)} ${query}`,
      random.pick(title.split(" ")),
    ];
    return kinds[index % kinds.length] ?? query;
  });
}

function timed<T>(work: () => T): [result: T, milliseconds: { wall: number; processor: number }] {
  const processorBefore = process.cpuUsage();
  const before = performance.now();
  const result = work();
  const wall = performance.now() - before;
  const { user, system } = process.cpuUsage(processorBefore);
  return [result, { wall, processor: (user + system) / 1000 }];
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function print(values: Record<string, number | string>): void {
  if (flags.json) console.log(JSON.stringify(values));
  else for (const [name, value] of Object.entries(values)) console.log(`${name.padEnd(28)} ${value}`);
}

/**
 * The same job as examples/webshop, on the benchmark's 1,000 real products, which this project does not ship:
 *
 *     npx eef run examples/webshop-real/eef.config.ts --data DIR
 */
import { defineConfig } from "../../src/index.ts";
import { realRun } from "./configuration.ts";

export default defineConfig(({ data, seed }) => realRun({ data, seed }));

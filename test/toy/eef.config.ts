import { defineConfig } from "../../src/run/config.ts";
import { toyConfig } from "./config.ts";

/** The toy run for tests of the command line; `--data` names the folder for everything it writes. */
export default defineConfig(({ data = "." }) => toyConfig(data));

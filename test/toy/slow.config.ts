import { defineConfig } from "../../src/run/config.ts";
import { toyConfig } from "./config.ts";

/** The toy run with a wait at every action and every few examples, so that it can be interrupted in the middle. */
export default defineConfig(({ data = "." }) => toyConfig(data, { delay: 2 }));

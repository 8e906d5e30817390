import { z } from "zod";
import { parseOptions } from "../options.ts";

/** @throws ConfigurationError naming each option that is wrong. */
export function parseMethodOptions<Schema extends z.ZodType>(
  method: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  return parseOptions(`${method}()`, schema, options, "docs/paper.md");
}

/** How many solutions are taken: a number, or every distinct one. */
export const solutionsSchema = z.union([z.int().min(1), z.literal("all")]);
export const trainFromSchema = z.enum(["base", "continue"]);
/** Sampling temperature; 0 is greedy. */
export const temperatureSchema = z.number().min(0);

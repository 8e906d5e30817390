import { z } from "zod";
import { ConfigurationError } from "../errors.ts";

/**
 * Parses a method's options and fills in the defaults.
 *
 * @throws {ConfigurationError} that names each unknown option and each impossible value.
 */
export function parseOptions<Schema extends z.ZodObject>(
  method: string,
  schema: Schema,
  options: z.input<Schema>,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw new ConfigurationError(`${method}(): ${problems.join("; ")}`, {
    hint: `Its options are ${Object.keys(schema.shape).join(", ")}; docs/paper.md explains them.`,
  });
}

/** How many solutions are taken: a number, or every distinct one. */
export const solutionsSchema = z.union([z.int().min(1), z.literal("all")]);
export const trainFromSchema = z.enum(["base", "continue"]);
/** Sampling temperature; 0 is greedy. */
export const temperatureSchema = z.number().min(0);

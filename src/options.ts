import type { z } from "zod";
import { ConfigurationError } from "./errors.ts";

/**
 * Parses the options that a user gave to `who` (a function of the configuration) and fills in the defaults.
 *
 * @param documentation The page that lists them.
 * @throws ConfigurationError that names each unknown option and each impossible value.
 */
export function parseOptions<Schema extends z.ZodType>(
  who: string,
  schema: Schema,
  options: unknown,
  documentation: string,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw new ConfigurationError(`${who}: ${problems.join("; ")}`, {
    hint: `${documentation} lists every option.`,
  });
}

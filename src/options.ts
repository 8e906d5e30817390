import { z } from "zod";
import { ConfigurationError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/**
 * Parses the options that a user gave to `who` (a function of the configuration) and fills in the defaults.
 *
 * @param documentation The page that lists them.
 * @throws ConfigurationError that names each unknown option, with the nearest known one, and each impossible value.
 */
export function parseOptions<Schema extends z.ZodType>(
  who: string,
  schema: Schema,
  options: unknown,
  documentation: string,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const problem = issue.code === "unrecognized_keys" ? unknownKeys(issue, schema) : issue.message;
    return issue.path.length === 0 ? problem : `${issue.path.join(".")}: ${problem}`;
  });
  throw new ConfigurationError(`${who}: ${problems.join("; ")}`, {
    hint: `${documentation} lists every option.`,
  });
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, schema: z.ZodType): string {
  const known = Object.keys(shapeAt(schema, issue.path));
  return issue.keys
    .map((key) => {
      const suggestion = nearest(key, known);
      const asked = suggestion === undefined ? "" : ` (did you mean "${suggestion}"?)`;
      return `unknown option "${key}"${asked}`;
    })
    .join("; ");
}

/** The keys of the object at this path of the schema; none where it cannot be told. */
function shapeAt(schema: unknown, [key, ...rest]: readonly PropertyKey[]): Readonly<Record<string, unknown>> {
  const bare = withoutWrappers(schema);
  if (!(bare instanceof z.ZodObject)) return {};
  return key === undefined ? bare.shape : shapeAt(bare.shape[String(key)], rest);
}

function withoutWrappers(schema: unknown): unknown {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return withoutWrappers(schema.unwrap());
  }
  return schema;
}

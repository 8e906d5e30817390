import { z } from "zod";
import { ConfigurationError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import type { ScienceWorldOptions } from "./environment.ts";
import { simplifications } from "./simplifications.ts";
import type { TaskSelection } from "./splits.ts";

const count = z.int().min(0).optional();

export const taskSelectionSchema = z.strictObject({
  splits: z.enum(["agent-tuning", "official"]).optional(),
  tasks: z
    .array(z.string(), { error: 'expected a list of tasks, such as ["boil"]' })
    .min(1, "name at least one task, or leave the option out for all")
    .readonly()
    .optional(),
  variationsPerTask: z
    .strictObject(
      { train: count, validation: count, test: count },
      { error: "expected numbers for some of train, validation and test, such as { test: 10 }" },
    )
    .optional(),
  leaked: z.enum(["keep", "leave-out"]).optional(),
} satisfies Record<keyof TaskSelection, z.ZodType>);

/** With less the simulator runs out of memory in some tasks. */
const leastHeap = 192;

export const scienceWorldOptionsSchema = z.strictObject({
  ...taskSelectionSchema.shape,
  // Which names there are is said where they are read.
  simplifications: z
    .union([z.literal("easy"), z.array(z.string()).readonly()], {
      error: `expected "easy" or a list of some of ${simplifications.join(", ")}`,
    })
    .optional(),
  stepLimit: z
    .union([z.literal("by-task"), z.int().min(1)], {
      error: 'expected "by-task" or a whole number of at least 1',
    })
    .optional(),
  reward: z.enum(["best", "final"]).optional(),
  opening: z.enum(["task", "task-and-look"]).optional(),
  lookOnArrival: z.boolean().optional(),
  listActions: z.boolean().optional(),
  simulators: z.int().min(1).optional(),
  jar: z.string().optional(),
  heapMegabytes: z.int().min(leastHeap).optional(),
  silence: z.int().min(1).optional(),
} satisfies Record<keyof ScienceWorldOptions, z.ZodType>);

/**
 * Checks options that a program wrote, where a slip would silently change the protocol.
 *
 * @param what whose options they are, for errors
 * @throws ConfigurationError for an unknown option (with the nearest known one), or a value that it does not take
 */
export function checkOptions<T>(
  what: string,
  schema: z.ZodType<T> & { readonly shape: Readonly<Record<string, unknown>> },
  options: unknown,
): T {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  if (issue?.code === "unrecognized_keys" && path.length === 0) {
    const [key = ""] = issue.keys;
    const known = Object.keys(schema.shape);
    throw new ConfigurationError(`The options of ${what} have no "${key}".`, {
      hint: `${suggestion(key, known)}They are ${known.join(", ")}.`,
    });
  }
  const value = valueAt(options, path);
  const values = issue?.code === "invalid_value" ? issue.values.map(String) : ["easy", "by-task"];
  const hint = suggestion(typeof value === "string" ? value : "", values);
  throw new ConfigurationError(
    `The options of ${what}${path.length === 0 ? "" : ` at ${path.join(".")}`}: ${issue?.message ?? "invalid"}, got ${JSON.stringify(value)?.slice(0, 200)}.`,
    { hint: `${hint}docs/scienceworld.md lists the options.` },
  );
}

/** A sentence that names the nearest known word, or nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const found = word === "" ? undefined : nearest(word, known);
  return found === undefined ? "" : `Did you mean "${found}"? `;
}

function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    options,
  );
}

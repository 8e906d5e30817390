import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import type { RopeScaling } from "../llama/llama.ts";

const positive = z.number().positive();

/** `rope_scaling`, or `rope_parameters`, which holds the base too; older files call the kind `type`. */
export const ropeSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.optional(),
});
type RopeFields = z.infer<typeof ropeSchema>;

const linearSchema = z.object({ factor: positive });
const llama3Schema = z.object({
  factor: positive,
  low_freq_factor: positive,
  high_freq_factor: positive,
  original_max_position_embeddings: positive,
});

/**
 * Base and scaling of the rotary positions.
 * @throws InvalidFileError for a kind of scaling other than none, "linear" and "llama3", and for a field that is wrong.
 */
export function parseRope(
  content: {
    readonly rope_theta?: number | undefined;
    readonly rope_scaling?: RopeFields | null | undefined;
    readonly rope_parameters?: RopeFields | null | undefined;
  },
  file: string,
): { readonly theta: number; readonly scaling: RopeScaling | undefined } {
  const field = content.rope_parameters ? "rope_parameters" : "rope_scaling";
  const fields = content.rope_parameters ?? content.rope_scaling ?? {};
  const theta = fields.rope_theta ?? content.rope_theta ?? 10_000;
  const kind = fields.rope_type ?? fields.type ?? "default";
  const parse = <Schema extends z.ZodType>(schema: Schema): z.infer<Schema> => {
    const parsed = schema.safeParse(fields);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new InvalidFileError(
      file,
      [field, ...(issue?.path ?? [])].join("."),
      issue?.message ?? "unknown form",
    );
  };
  if (kind === "default") return { theta, scaling: undefined };
  if (kind === "linear") return { theta, scaling: { kind, factor: parse(linearSchema).factor } };
  if (kind === "llama3") {
    const values = parse(llama3Schema);
    return {
      theta,
      scaling: {
        kind,
        factor: values.factor,
        lowFrequencyFactor: values.low_freq_factor,
        highFrequencyFactor: values.high_freq_factor,
        originalMaximumPositions: values.original_max_position_embeddings,
      },
    };
  }
  throw new InvalidFileError(
    file,
    `${field}.rope_type`,
    `scaled rotary positions of kind ${JSON.stringify(kind)} are not supported`,
    { hint: 'Only "default", "linear" and "llama3" are.' },
  );
}

/** `rope_scaling` of `config.json`. */
export function ropeScalingFile(scaling: RopeScaling | undefined): Record<string, unknown> | null {
  if (scaling === undefined) return null;
  if (scaling.kind === "linear") return { rope_type: "linear", factor: scaling.factor };
  return {
    rope_type: "llama3",
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalMaximumPositions,
  };
}

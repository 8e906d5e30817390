import { z } from "zod";
import { cloneExpertWins } from "./behaviour-cloning.ts";
import type { Method } from "./method.ts";
import { parseMethodOptions } from "./options.ts";

const optionsSchema = z.strictObject({ name: z.string().min(1).default("SFT") });
export type SftOptions = z.input<typeof optionsSchema>;

/** Supervised fine-tuning, the floor of the comparison: clone the expert's wins, and stop there. */
export function sft(options: SftOptions = {}): Method {
  const { name } = parseMethodOptions("sft", optionsSchema, options);
  return {
    name,
    options: {},
    lastIteration: 0,
    async run(context) {
      const { student } = await cloneExpertWins(context);
      return student;
    },
  };
}

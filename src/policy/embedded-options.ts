import { z } from "zod";
import { threadCount, wholeNumber } from "../option-values.ts";

/** `EmbeddedPolicyOptions`, for checking what a configuration holds. */
export const embeddedPolicyOptionsSchema = z.strictObject({
  maximumSequences: wholeNumber(1).optional(),
  maximumNewTokens: wholeNumber(1).optional(),
  contextLength: wholeNumber(1).optional(),
  restrictToAdmissible: z.boolean().optional(),
  threads: threadCount().optional(),
  name: z.string().optional(),
});

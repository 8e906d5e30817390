import { cloneExpertWins } from "./behaviour-cloning.ts";
import type { Method } from "./method.ts";

export interface SftOptions {
  readonly name?: string;
}

/** Supervised fine-tuning, the floor of the comparison: clone the expert's wins, and stop there. */
export function sft({ name = "SFT" }: SftOptions = {}): Method {
  return {
    name,
    options: {},
    async run(context) {
      const { student } = await cloneExpertWins(context);
      return student;
    },
  };
}

import type { ActResult, Policy } from "../policy.ts";

type Flaw = NonNullable<ActResult["flaw"]>;

/** Counts the replies that were no proper turn, so that their cause is noticed though no episode fails for it. */
export interface FlawCounts {
  count(flaw: Flaw | undefined): void;
  readonly remarks: NonNullable<Policy["remarks"]>;
}

export function createFlawCounts(model: string, maximumTokens: number): FlawCounts {
  const words: Readonly<Record<Flaw, string>> = {
    "cut-off": `were cut off at maximumTokens (${maximumTokens}) before their action was complete: allow more, or ask for shorter thoughts in systemPrompt`,
    empty:
      'were empty: a model that only reasons needs more maximumTokens, another chat template, or actions: "tools"',
    refusal: "were refusals",
  };
  let counts = new Map<Flaw, number>();
  let replies = 0;
  return {
    count: (flaw) => {
      replies += 1;
      if (flaw !== undefined) counts.set(flaw, (counts.get(flaw) ?? 0) + 1);
    },
    remarks: () => {
      const lines = [...counts].map(
        ([flaw, count]) => `${count} of ${replies} replies of ${model} ${words[flaw]}`,
      );
      counts = new Map();
      replies = 0;
      return lines;
    },
  };
}

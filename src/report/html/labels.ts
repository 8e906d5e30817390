import type { ActionLabel } from "../results.ts";

/** How each label is shown: never by colour alone. */
export const labelAppearance: Readonly<
  Record<ActionLabel, { readonly symbol: string; readonly name: string; readonly meaning: string }>
> = {
  beneficial: {
    symbol: "+",
    name: "beneficial",
    meaning: "turned a state the student loses from into one it wins from",
  },
  harmful: {
    symbol: "−",
    name: "harmful",
    meaning: "turned a state the student wins from into one it loses from; never trained on",
  },
  "needs-recovery": {
    symbol: "↺",
    name: "needs recovery",
    meaning: "a state that the student must learn to recover from",
  },
  neutral: {
    symbol: "=",
    name: "neutral",
    meaning: "changed nothing: won before and after, or lost before and after",
  },
  unknown: { symbol: "?", name: "unknown", meaning: "not simulated on both sides, or the simulation failed" },
};

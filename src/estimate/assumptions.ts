import { ConfigurationError } from "../errors.ts";
import { nearest } from "../nearest.ts";

export interface Assumption {
  readonly value: number;
  readonly unit: string;
  /** Where the value comes from. */
  readonly source: string;
}

/** What an estimate takes for granted. Each can be replaced: `--assume gpu-price=1.2,gpus=8`. */
export const defaultAssumptions = {
  "characters-per-token": { value: 4, unit: "characters", source: "usual for English text" },
  "expert-win-rate": { value: 0.356, unit: "share", source: "GPT-4 on WebShop, arXiv 2504.13145" },
  "student-win-rate": {
    value: 0.5,
    unit: "share",
    source: "mean over tasks; between SFT (46%) and EEF (58%) on WebShop, arXiv 2504.13145",
  },
  "episode-steps": { value: 8, unit: "steps", source: "ours, where no recorded expert tells" },
  "observation-tokens": { value: 400, unit: "tokens", source: "ours, where no recorded expert tells" },
  "message-tokens": { value: 40, unit: "tokens", source: "ours, where no recorded expert tells" },
  epochs: { value: 3, unit: "epochs", source: "ours, where the trainer does not tell" },
  parameters: { value: 8.03e9, unit: "parameters", source: "Llama-3-8B" },
  "floating-point-operations-per-token": {
    value: 8,
    unit: "per parameter",
    source: "2 forward, 4 backward, 2 to recompute activations; an adapter saves up to 2",
  },
  gpus: { value: 4, unit: "GPUs", source: "arXiv 2504.13145, where the trainer does not tell" },
  "gpu-teraflops": {
    value: 155,
    unit: "TFLOP/s",
    source: "NVIDIA RTX A6000, dense bfloat16, its data sheet",
  },
  "training-utilisation": { value: 0.3, unit: "share", source: "ours; 0.3 to 0.5 is usual for 8B models" },
  "generated-tokens-per-second": {
    value: 1000,
    unit: "tokens/s on a GPU",
    source: "ours, for many episodes at once; measure yours",
  },
  "read-tokens-per-second": {
    value: 4000,
    unit: "tokens/s on a GPU",
    source: "ours; 2 operations per parameter at 40% of 155 TFLOP/s",
  },
  "prefix-cache": {
    value: 1,
    unit: "1 or 0",
    source: "vLLM's default: what stood in the turn before is not read again",
  },
  "gpu-price": { value: 0.8, unit: "USD an hour", source: "ours, for a rented RTX A6000" },
  "expert-input-price": { value: 30, unit: "USD per million tokens", source: "GPT-4's list price" },
  "expert-output-price": { value: 60, unit: "USD per million tokens", source: "GPT-4's list price" },
  "hosted-training-price": {
    value: 0.48,
    unit: "USD per million tokens",
    source: "ours, for an adapter of an 8B model at a hosted trainer",
  },
} as const satisfies Record<string, Assumption>;

export type AssumptionName = keyof typeof defaultAssumptions;
export type Assumptions = Readonly<Record<AssumptionName, Assumption>>;

/** The assumptions with some replaced by what is known of a configuration. */
export function withKnown(
  assumptions: Assumptions,
  known: Partial<Record<AssumptionName, number | undefined>>,
  source: string,
): Assumptions {
  const changes = Object.entries(known).flatMap(([name, value]) =>
    isAssumption(name) && value !== undefined ? [[name, { ...assumptions[name], value, source }]] : [],
  );
  return { ...assumptions, ...Object.fromEntries(changes) };
}

/**
 * Reads "gpus=8,gpu-price=1.2".
 * @throws ConfigurationError for a name that is not known or stands there twice, or a value that is no number, or not one that it
 *   can have.
 */
export function parseAssumptions(text: string | undefined): Partial<Record<AssumptionName, number>> {
  const given: Partial<Record<AssumptionName, number>> = {};
  for (const part of (text ?? "").split(",").filter((each) => each.trim() !== "")) {
    const [name = "", ...values] = part.split("=").map((each) => each.trim());
    if (!isAssumption(name)) {
      const suggestion = nearest(name, Object.keys(defaultAssumptions));
      throw new ConfigurationError(`There is no assumption "${name}".`, {
        hint: suggestion === undefined ? "eef estimate prints them all." : `Did you mean ${suggestion}?`,
      });
    }
    const value = readValue(name, values.join("="));
    if (given[name] !== undefined) {
      throw new ConfigurationError(`The assumption ${name} is given twice, as ${given[name]} and ${value}.`);
    }
    given[name] = value;
  }
  return given;
}

function readValue(name: AssumptionName, text: string): number {
  const value = text === "" ? Number.NaN : Number(text);
  const { expected, holds } = rangeOf(name);
  if (Number.isFinite(value) && holds(value)) return value;
  throw new ConfigurationError(`The assumption ${name} takes ${expected}, not "${text}".`);
}

interface Range {
  readonly expected: string;
  readonly holds: (value: number) => boolean;
}

/** Only rates and prices may be zero: the others are divided by, or nothing would be left to estimate. */
function rangeOf(name: AssumptionName): Range {
  switch (name) {
    case "prefix-cache":
      return { expected: "1 or 0", holds: (value) => value === 0 || value === 1 };
    case "gpus":
    case "epochs":
      return {
        expected: "a whole number of at least 1",
        holds: (value) => Number.isSafeInteger(value) && value >= 1,
      };
    case "expert-win-rate":
    case "student-win-rate":
      return { expected: "a number from 0 to 1", holds: (value) => value >= 0 && value <= 1 };
    case "training-utilisation":
      return { expected: "a number above 0 and at most 1", holds: (value) => value > 0 && value <= 1 };
    case "gpu-price":
    case "expert-input-price":
    case "expert-output-price":
    case "hosted-training-price":
      return { expected: "a number of at least 0", holds: (value) => value >= 0 };
    default:
      return { expected: "a number above 0", holds: (value) => value > 0 };
  }
}

function isAssumption(name: string): name is AssumptionName {
  return Object.hasOwn(defaultAssumptions, name);
}

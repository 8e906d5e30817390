import { ConfigurationError } from "../errors.ts";

/** Refuses what is not an integer of at least `minimum`. */
export function integerOption(name: string, value: number, minimum: number): void {
  if (Number.isInteger(value) && value >= minimum) return;
  throw new ConfigurationError(`${name} must be an integer of at least ${minimum}, not ${value}`);
}

export function solutionsOption(name: string, value: number | "all"): void {
  if (value !== "all") integerOption(name, value, 1);
}

export function temperatureOption(value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new ConfigurationError(`temperature must be a number of at least 0, not ${value}`);
}

import { ConfigurationError } from "../errors.ts";

export interface NumberRange {
  readonly integer: boolean;
  /** The least value allowed. Default: any. */
  readonly least?: number;
  /** Every value must be larger. Default: any. */
  readonly above?: number;
  /** The largest value allowed. Default: any. */
  readonly most?: number;
}

/**
 * Reads a number of the command line.
 * @returns undefined if it is not given.
 * @throws ConfigurationError naming the option and what it takes.
 */
export function readNumberArgument(option: string, text: string, range: NumberRange): number;
export function readNumberArgument(
  option: string,
  text: string | undefined,
  range: NumberRange,
): number | undefined;
export function readNumberArgument(
  option: string,
  text: string | undefined,
  range: NumberRange,
): number | undefined {
  if (text === undefined) return undefined;
  const { integer, least, above, most } = range;
  const value = Number(text);
  const isAllowed =
    text.trim() !== "" &&
    (integer ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    value >= (least ?? value) &&
    value > (above ?? Number.NEGATIVE_INFINITY) &&
    value <= (most ?? value);
  if (isAllowed) return value;
  throw new ConfigurationError(`--${option} takes ${describeRange(range)}, not "${text}".`);
}

function describeRange({ integer, least, above, most }: NumberRange): string {
  const kind = integer ? "an integer" : "a number";
  if (least !== undefined && most !== undefined) return `${kind} from ${least} to ${most}`;
  const bounds = [
    ...(least === undefined ? [] : [`of at least ${least}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(most === undefined ? [] : [`of at most ${most}`]),
  ];
  return [kind, ...bounds].join(" ");
}

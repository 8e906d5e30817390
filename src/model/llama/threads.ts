import process from "node:process";
import { ConfigurationError } from "../../errors.ts";

/**
 * Threads of the tensor engine where no configuration says: 2, or what the environment variable EEF_THREADS says. They
 * change how long things take; one and two give the same results (decision 4). Several runs beside each other are best
 * given one each.
 * @throws ConfigurationError if EEF_THREADS is not a positive integer.
 */
export function defaultThreads(): number {
  const text = process.env.EEF_THREADS ?? "2";
  const threads = Number(text);
  if (Number.isInteger(threads) && threads > 0) return threads;
  throw new ConfigurationError(`EEF_THREADS takes a positive number of threads, not "${text}".`);
}

/** How much of a server's own text goes into an error. */
const maximumLength = 300;

/** Untrusted text made fit for an error: secrets out, one line, bounded. */
export function errorText(text: string, secrets: readonly string[] = []): string {
  let safe = text;
  for (const secret of secrets.flatMap(partsOf)) safe = safe.replaceAll(secret, "[redacted]");
  safe = safe.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
  return safe.length > maximumLength ? `${safe.slice(0, maximumLength)}…` : safe;
}

/**
 * A secret, and its longer words: a server may repeat the key of "Bearer sk-…" alone. A header value such as "1" is no
 * secret, and replacing it would garble the text; so would a word such as "Bearer".
 */
function partsOf(secret: string): string[] {
  const words = secret.split(/[\s=;,]+/).filter((word) => word.length >= 8);
  return secret.length > 4 ? [secret, ...words] : [];
}

/** RFC 9110, 10.2.3: a number of seconds, or a date. Anything else counts as absent. */
export function parseRetryAfter(
  value: string | null | undefined,
  now: number = Date.now(),
): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}

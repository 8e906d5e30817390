/** The two lines that show where a replay differs from what was recorded. */
export function expectedAndReceived(expected: unknown, received: unknown): string {
  const [one, other] = excerpts(JSON.stringify(expected) ?? "", JSON.stringify(received) ?? "");
  return `    expected ${one}\n    received ${other}`;
}

/** Both texts from shortly before the first character that differs. */
function excerpts(expected: string, received: string): readonly [string, string] {
  let same = 0;
  while (same < expected.length && expected[same] === received[same]) same++;
  const start = Math.max(0, same - 40);
  const excerpt = (text: string) =>
    `${start > 0 ? "…" : ""}${text.slice(start, start + 160)}${text.length > start + 160 ? "…" : ""}`;
  return [excerpt(expected), excerpt(received)];
}

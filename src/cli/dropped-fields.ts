import { printableLine } from "../report/printable.ts";

/** One sentence on what the records hold and what is made of them cannot: "… 3 steps.metrics, 2 steps.timestamp." Empty if nothing. */
export function droppedFieldsNote(
  dropped: Iterable<Readonly<Record<string, number>>>,
  place: "a trajectory" | "an example",
): string {
  const counts = new Map<string, number>();
  for (const record of dropped) {
    for (const [name, times] of Object.entries(record)) counts.set(name, (counts.get(name) ?? 0) + times);
  }
  if (counts.size === 0) return "";
  const list = [...counts].map(([name, times]) => `${times} ${name}`).join(", ");
  return printableLine(`Not carried over, for want of a place in ${place}: ${list}.`, 2000);
}

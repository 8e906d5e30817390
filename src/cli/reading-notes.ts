import type { SourcedExample } from "../export/export-examples.ts";
import { droppedFieldsNote } from "./dropped-fields.ts";

/** Passes examples on, and says in the end on standard error what their rows hold and they cannot, and which targets are a guess. */
export async function* withReadingNotes(
  examples: AsyncIterable<SourcedExample>,
): AsyncGenerator<SourcedExample> {
  const dropped: NonNullable<SourcedExample["dropped"]>[] = [];
  let rows = 0;
  let targets = 0;
  try {
    for await (const each of examples) {
      if (each.dropped !== undefined) dropped.push(each.dropped);
      if (each.assumedTargets !== undefined) rows++;
      targets += each.assumedTargets ?? 0;
      yield each;
    }
  } finally {
    const note = droppedFieldsNote(dropped, "an example");
    if (note !== "") console.error(note);
    if (rows > 0) {
      console.error(
        `Assumed: ${targets} targets in ${rows} rows that do not say what is trained on. --train all takes all messages of the assistant (the default), --train last the last of each row.`,
      );
    }
  }
}

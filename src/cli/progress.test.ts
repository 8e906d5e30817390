import { WriteStream } from "node:tty";
import { expect, it, vi } from "vitest";
import { terminalProgress } from "./progress.ts";

/** A terminal of so many columns, and what stands on it, line by line. */
function terminal(columns: number) {
  const lines = [""];
  // An object with a terminal's methods: a real one needs a terminal.
  const stream: WriteStream = Object.create(WriteStream.prototype, {
    isTTY: { value: true },
    columns: { value: columns },
  });
  vi.spyOn(stream, "cursorTo").mockImplementation(() => true);
  vi.spyOn(stream, "clearLine").mockImplementation(() => true);
  vi.spyOn(stream, "write").mockImplementation((text) => {
    const [first = "", ...rest] = String(text).split("\n");
    lines[lines.length - 1] = first === "" ? (lines.at(-1) ?? "") : first;
    lines.push(...rest);
    return true;
  });
  return { stream, lines };
}

it("on a terminal cuts only the line that is drawn over; a note is told in full", () => {
  const { stream, lines } = terminal(40);
  const progress = terminalProgress({ stream });
  progress.begin("a piece of work with a long name").update(3, { total: 70_000, detail: "loss 0.123" });
  expect(lines).toEqual(["a piece of work with a long name: 3/7000".slice(0, 39)]);
  const note = "Examples longer than 512 tokens, which are cut there: 3 of 20";
  progress.note(note);
  expect(lines).toEqual([note, ""]);
});

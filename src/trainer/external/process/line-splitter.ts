import type { Redaction } from "./redaction.ts";

/** A line without an end is cut into pieces of about this length. */
const longestLine = 65_536;

export interface LineSplitter {
  write(chunk: string): void;
  /** Hands out what stands behind the last line end. */
  end(): void;
}

export interface LineListeners {
  /** Each line as a terminal would show it in the end: of a progress bar only its last state. */
  readonly onLine: (line: string) => void;
  /** Every state of a line, progress bars included. */
  readonly onUpdate?: (text: string) => void;
  /** What is taken out of both. */
  readonly redaction?: Redaction;
}

const nothingRedacted: Redaction = { apply: (text) => text, longest: 0 };

/** Splits a program's output into lines. A carriage return begins the same line anew, as progress bars do. */
export function splitLines({ onLine, onUpdate, redaction = nothingRedacted }: LineListeners): LineSplitter {
  let current = "";
  const finishUpdate = () => {
    const shown = current.slice(current.lastIndexOf("\r") + 1);
    if (shown.trim() !== "") onUpdate?.(redaction.apply(shown));
  };
  const finishLine = () => {
    finishUpdate();
    onLine(redaction.apply(lastState(current)));
    current = "";
  };
  const cut = () => {
    const text = redaction.apply(lastState(current));
    // The beginning of a secret may stand at the end.
    const length = text.length - redaction.longest;
    if (length <= 0) return;
    onLine(text.slice(0, length));
    current = text.slice(length);
  };
  return {
    write: (chunk) => {
      for (const part of chunk.split(/(\r\n|[\r\n])/)) {
        if (part === "\n" || part === "\r\n") finishLine();
        else if (part === "\r") {
          finishUpdate();
          current = `${lastState(current)}\r`;
        } else current += part;
        if (current.length > longestLine) cut();
      }
    },
    end: () => {
      if (current !== "") finishLine();
    },
  };
}

/** What stands behind the last carriage return, or before it if nothing does. */
function lastState(line: string): string {
  const states = line.split("\r").filter((state) => state !== "");
  return states.at(-1) ?? "";
}

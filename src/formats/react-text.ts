import { formatMessage } from "../policy/message-format.ts";
import { type Turn, trajectoryFromConversation } from "./conversation.ts";
import type { ImportedTrajectory, TrajectoryFormat } from "./format.ts";
import { stemOf } from "./input-file.ts";
import { type Row, readLines } from "./lines.ts";
import { InvalidRowError } from "./rows.ts";

/**
 * Transcripts of ReAct as plain text (Yao et al. 2022, arXiv 2210.03629): a `Question:`, then `Thought 1:`, `Action 1:`,
 * `Observation 1:` and so on; the numbers may be missing. Several episodes in a file each begin with their question. A thought and
 * its action become one message; what stands before the first question is instructions and is dropped.
 */
export const reactTextFormat: TrajectoryFormat = {
  name: "react-text",
  description: "ReAct transcripts as text: Question, Thought, Action, Observation",
  recognizes: (value, text) => value === undefined && header.test(text),
  async *read(input, options = {}) {
    const file = input.name;
    const lines: Row[] = [];
    for await (const { text, ...line } of readLines(input)) {
      lines.push({ ...line, text: text.replace(/\r$/, "") });
    }
    for (const episode of splitEpisodes(lines)) {
      try {
        yield convert(file, episode, options);
      } catch (error) {
        if (!(error instanceof InvalidRowError) || options.onRejected === undefined) throw error;
        const { line, field, problem } = error;
        options.onRejected({ file, line, field, problem, text: episode.text });
      }
    }
  },
};

interface Section {
  readonly kind: "Question" | "Thought" | "Action" | "Observation";
  readonly line: number;
  readonly text: string;
}

interface Episode {
  readonly number: number;
  readonly line: number;
  readonly text: string;
  readonly sections: readonly Section[];
  /** Lines before the first question, counted with the first episode. */
  readonly linesBefore: number;
  /** The first one whose bytes are not UTF-8. */
  readonly damagedLine: number | undefined;
}

const header = /^(Question|Thought|Action|Observation)(?: \d+)?:[ \t]?(.*)$/s;

function* splitEpisodes(lines: readonly Row[]): Generator<Episode> {
  const starts = lines.flatMap(({ text }, index) => (/^Question(?: \d+)?:/.test(text) ? [index] : []));
  const first = starts[0] ?? 0;
  for (const [number, start] of (starts.length === 0 ? [0] : starts).entries()) {
    const own = lines.slice(start, starts[number + 1]);
    yield {
      number: number + 1,
      line: own[0]?.line ?? 1,
      text: own
        .map(({ text }) => text)
        .join("\n")
        .trimEnd(),
      sections: sectionsOf(own),
      linesBefore: number === 0 ? lines.slice(0, first).filter(({ text }) => text.trim() !== "").length : 0,
      damagedLine: own.find(({ isDamaged }) => isDamaged === true)?.line,
    };
  }
}

function sectionsOf(lines: readonly Row[]): Section[] {
  const sections: { kind: Section["kind"]; line: number; text: string }[] = [];
  for (const { line, text } of lines) {
    const match = header.exec(text);
    const kind = match?.[1];
    if (kind === "Question" || kind === "Thought" || kind === "Action" || kind === "Observation") {
      sections.push({ kind, line, text: match?.[2] ?? "" });
      continue;
    }
    const last = sections.at(-1);
    if (last !== undefined) last.text += `\n${text}`;
  }
  return sections.map((section) => ({ ...section, text: section.text.trimEnd() }));
}

function convert(
  file: string,
  { number, line, text: episode, sections, linesBefore, damagedLine }: Episode,
  options: Parameters<TrajectoryFormat["read"]>[1],
): ImportedTrajectory {
  const invalid = (field: string, problem: string) => new InvalidRowError(file, line, field, problem);
  if (damagedLine !== undefined) throw invalid(`line ${damagedLine}`, "its bytes are not UTF-8");
  const turns: Turn[] = [];
  let thoughts: string[] = [];
  for (const { kind, text, line: at } of sections) {
    const field = `${kind} on line ${at}`;
    if (kind === "Question") turns.push({ role: "user", content: text, field });
    else if (kind === "Thought") thoughts.push(text);
    else if (kind === "Observation") turns.push({ role: "user", content: text, field });
    else {
      if (text.includes("\n")) throw invalid(field, "an action is one line");
      turns.push({
        role: "assistant",
        content: formatMessage(thoughts.join("\n"), text),
        action: text,
        field,
      });
      thoughts = [];
    }
  }
  if (thoughts.length > 0) throw invalid("Thought", "no action follows the last thought");
  const id = `${stemOf(file)}-${number}`;
  const dropped = linesBefore === 0 ? {} : { "lines before the first question": linesBefore };
  const { policy, reward, skip = 0 } = options ?? {};
  return trajectoryFromConversation(
    { id: `react-text/${id}`, taskId: id, policy: "react", turns, prologue: skip, dropped },
    {
      file,
      line,
      text: episode,
      invalid,
      ...(policy === undefined ? {} : { policy }),
      ...(reward === undefined ? {} : { reward }),
    },
  );
}

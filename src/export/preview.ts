import { printable, printableLine } from "../report/printable.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import type { ChatTokenizer } from "./chat-tokenizer.ts";

export interface PreviewOptions {
  /** False: trained text stands between ⟦ and ⟧ instead. */
  readonly colour: boolean;
  /** Shows masked text in full; otherwise long passages are shortened in the middle. */
  readonly full?: boolean;
  /** Separates the tokens of trained text by a bar. */
  readonly tokens?: boolean;
}

export interface Preview {
  readonly text: string;
  readonly tokens: number;
  readonly trainedTokens: number;
}

const longestMasked = 400;
const colours = { trained: "\u001B[1;32m", masked: "\u001B[2m", reset: "\u001B[0m" } as const;

/**
 * An example as the model will see it, the tokens that it is trained on set apart, and the reason for each message.
 * @throws UnfitExampleError if the tokenizer's template cannot take the messages.
 */
export function previewExample(
  example: TrainingExample,
  tokenizer: ChatTokenizer,
  options: PreviewOptions,
): Preview {
  const { ids, weights, notes } = tokenizer.mask(example);
  const trainedTokens = weights.filter((weight) => weight > 0).length;
  const lines = [
    `Example ${printableLine(example.id, 80)} (task ${printableLine(example.taskId, 80)}): ${ids.length} tokens, ${trainedTokens} trained`,
    printableLine(example.origin.reason, 400),
    ...notes.map((note) => `Note: ${printableLine(note, 400)}`),
    "",
    runsOf(ids, weights)
      .map((run) => formatRun(run, tokenizer, options))
      .join(""),
    "",
    ...reasonLines(example),
  ];
  return { text: lines.join("\n").trimEnd(), tokens: ids.length, trainedTokens };
}

interface Run {
  readonly ids: readonly number[];
  readonly trained: boolean;
}

function runsOf(ids: readonly number[], weights: readonly number[]): Run[] {
  const runs: { ids: number[]; trained: boolean }[] = [];
  for (const [index, id] of ids.entries()) {
    const trained = (weights[index] ?? 0) > 0;
    const last = runs.at(-1);
    if (last?.trained === trained) last.ids.push(id);
    else runs.push({ ids: [id], trained });
  }
  return runs;
}

function formatRun({ ids, trained }: Run, tokenizer: ChatTokenizer, options: PreviewOptions): string {
  const { colour, full = false, tokens = false } = options;
  const text =
    trained && tokens
      ? ids.map((id) => printable(tokenizer.decode([id]))).join("|")
      : printable(tokenizer.decode(ids));
  if (trained) return colour ? `${colours.trained}${text}${colours.reset}` : `⟦${text}⟧`;
  const shown = full ? text : shorten(text);
  return colour ? `${colours.masked}${shown}${colours.reset}` : shown;
}

function shorten(text: string): string {
  if (text.length <= longestMasked) return text;
  const half = longestMasked / 2;
  const left = text.slice(0, half).toWellFormed();
  const right = text.slice(-half).toWellFormed();
  return `${left} [… ${text.length - longestMasked} characters …] ${right}`;
}

function reasonLines({ messages, weights, origin }: TrainingExample): string[] {
  return messages.flatMap(({ role }, index) => {
    if (role !== "assistant") return [];
    const weight = weights[index] ?? 0;
    const use = weight === 0 ? "masked" : weight === 1 ? "trained" : `trained with weight ${weight}`;
    const reason = origin.messageReasons?.[index];
    return [`message ${index}: ${use}${reason === undefined ? "" : `. ${printableLine(reason, 300)}`}`];
  });
}

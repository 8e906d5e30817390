import type { StudentTokenizer } from "../../model/tokenizer/tokenizer.ts";
import { createRandom, deriveSeed, type Random } from "../../random.ts";
import { type TargetSequence, targetSequence } from "../sequences.ts";
import type { Exercise, ExerciseKind, Stage } from "./stage.ts";

/** The documents of one optimiser step: a function of seed and step alone, so training can be resumed anywhere. */
export function drawStep(
  stage: Stage,
  position: { readonly seed: number; readonly step: number },
  batchTokens: number,
  contextLength: number,
  tokenizer: StudentTokenizer,
): TargetSequence[] {
  const random = createRandom(deriveSeed("pretraining", position.seed, stage.name, position.step));
  const sequences: TargetSequence[] = [];
  let tokens = 0;
  while (tokens < batchTokens) {
    const { draw } = pickKind(random, stage.exercises);
    const sequence =
      typeof draw === "function"
        ? sequenceOf(draw(random), tokenizer, contextLength, stage.emphasis)
        : draw.drawTokens(random, tokenizer);
    if (sequence === undefined) continue;
    sequences.push(sequence);
    tokens += sequence.inputIds.length;
  }
  return sequences;
}

export function sequenceOf(
  { messages, weights = messages.map(() => 1) }: Exercise,
  tokenizer: StudentTokenizer,
  contextLength: number,
  emphasis?: Stage["emphasis"],
): TargetSequence | undefined {
  const sequence = targetSequence(tokenizer, { messages, weights }, contextLength);
  if (sequence === undefined || emphasis === undefined) return sequence;
  const emphasised = new Set(emphasis.words.flatMap((word) => tokenizer.encode(` ${word}`)));
  return {
    ...sequence,
    weights: sequence.weights.map((weight, index) =>
      emphasised.has(sequence.targets[index] ?? 0) ? weight * emphasis.weight : weight,
    ),
  };
}

function pickKind(random: Random, kinds: readonly ExerciseKind[]): ExerciseKind {
  let rest = random.next() * kinds.reduce((sum, { weight }) => sum + weight, 0);
  for (const kind of kinds) {
    rest -= kind.weight;
    if (rest < 0) return kind;
  }
  return random.pick(kinds);
}

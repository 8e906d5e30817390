import type { Tokenizer } from "../../model/tokenizer/tokenizer.ts";
import { createRandom, deriveSeed, type Random } from "../../random.ts";
import { type TargetSequence, targetSequence } from "../sequences.ts";
import type { Exercise, ExerciseKind, RandomMembership, RandomRepeats, Stage } from "./stage.ts";

/** The documents of one optimiser step: a function of seed and step alone, so training can be resumed anywhere. */
export function drawStep(
  stage: Stage,
  position: { readonly seed: number; readonly step: number },
  batchTokens: number,
  contextLength: number,
  tokenizer: Tokenizer,
): TargetSequence[] {
  const random = createRandom(deriveSeed("pretraining", position.seed, stage.name, position.step));
  const sequences: TargetSequence[] = [];
  let tokens = 0;
  while (tokens < batchTokens) {
    const { draw } = pickKind(random, stage.exercises);
    const sequence =
      typeof draw === "function"
        ? sequenceOf(draw(random), tokenizer, contextLength, stage.emphasis)
        : drawRandomTokens(random, draw, tokenizer);
    if (sequence === undefined) continue;
    sequences.push(sequence);
    tokens += sequence.inputIds.length;
  }
  return sequences;
}

export function sequenceOf(
  { messages }: Exercise,
  tokenizer: Tokenizer,
  contextLength: number,
  emphasis?: Stage["emphasis"],
): TargetSequence | undefined {
  const weights = messages.map(({ role }) => (role === "assistant" ? 1 : 0));
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

function drawRandomTokens(
  random: Random,
  draw: RandomRepeats | RandomMembership,
  tokenizer: Tokenizer,
): TargetSequence {
  const specials = new Set(Object.values(tokenizer.special));
  const drawToken = (): number => {
    const token = random.integer(tokenizer.vocabularySize);
    return specials.has(token) ? drawToken() : token;
  };
  return draw.kind === "repeats"
    ? drawRepeats(random, draw, drawToken)
    : drawMembership(random, draw, drawToken, tokenizer);
}

function drawRepeats(
  random: Random,
  { length, occurrences }: RandomRepeats,
  drawToken: () => number,
): TargetSequence {
  const once = Array.from({ length: between(random, length) }, drawToken);
  const all = Array.from({ length: random.pick(occurrences) }, () => once).flat();
  return shifted(
    all,
    all.map((_, index) => index >= once.length),
  );
}

function drawMembership(
  random: Random,
  { length, questions }: RandomMembership,
  drawToken: () => number,
  tokenizer: Tokenizer,
): TargetSequence {
  const remembered = Array.from({ length: between(random, length) }, drawToken);
  const { user, assistant, end } = tokenizer.special;
  const tokens = [user, ...remembered, end, assistant];
  const answers = new Set<number>();
  const [separator, yes, no] = [",", " yes", " no"].map((word) => tokenizer.encode(word));
  for (let question = between(random, questions); question > 0; question--) {
    const asked = random.chance(0.5) ? random.pick(remembered) : drawToken();
    tokens.push(asked);
    answers.add(tokens.length);
    tokens.push(...((remembered.includes(asked) ? yes : no) ?? []), ...(separator ?? []));
  }
  return shifted(
    tokens,
    tokens.map((_, index) => answers.has(index)),
  );
}

function between(random: Random, [least, most]: readonly [number, number]): number {
  return least + random.integer(most - least + 1);
}

/** Each token predicts the next; `isTarget` says which tokens count in the loss. */
function shifted(tokens: readonly number[], isTarget: readonly boolean[]): TargetSequence {
  return {
    inputIds: tokens.slice(0, -1),
    targets: tokens.slice(1),
    weights: isTarget.slice(1).map(Number),
  };
}

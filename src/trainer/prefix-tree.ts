import type { TargetSequence } from "./sequences.ts";

/**
 * Sequences laid out in one row so that what several of them begin with stands there, and is computed, once. The arrays
 * are equally long.
 *
 * The examples of one expert trajectory begin alike and part where a simulation began, so together they are a trie. Its
 * tokens are laid out in pre-order: a token, then all that goes on from it, branch after branch. So the descendants of
 * the token at place k are the places from k + 1 to `seenUntil[k]` (exclusive), and a query at place q sees, as in a
 * sequence alone, its ancestors and itself: exactly the keys k with k <= q < seenUntil[k]. With its depth as its position,
 * each token has the hidden state that it has in each of its sequences. Hence the loss of the tree, sum(w * -log p), is the sum
 * of theirs where the weights of a shared place add up, and so is the gradient, up to rounding.
 *
 * A place predicts one token, so sequences share a place only if they also go on alike: two that part have the place
 * before the parting twice.
 */
export interface PrefixTree extends TargetSequence {
  /** How many tokens come before this one in its sequences. */
  readonly positions: readonly number[];
  /** The end of what goes on from this token, as a place in the tree. */
  readonly seenUntil: readonly number[];
}

/**
 * What a row of so many places costs: as many units for each place as it has keys in causal attention, half of them on
 * average, and for all else what attention to 400 keys costs: measured on the shipped base. In wider models all else costs
 * more, so there sharing would pay somewhat sooner than this says.
 */
export function rowCost(places: number): number {
  return places * (400 + places / 2);
}

/**
 * Joins sequences into trees where a tree costs less than its sequences apart, since in one row each place also pays for
 * the keys of branches that it does not see. What shares nothing is a tree of its own. The same sequences in the
 * same order give the same trees.
 * @param maximumPlaces The largest tree of several sequences.
 */
export function prefixTrees(sequences: readonly TargetSequence[], maximumPlaces: number): PrefixTree[] {
  const trees: { readonly members: TargetSequence[]; places: number }[] = [];
  // Sorted, the sequences of a trie stand in pre-order, and each shares most with a neighbour.
  for (const sequence of sequences.toSorted(compare)) {
    const tree = trees.at(-1);
    const last = tree?.members.at(-1);
    const length = sequence.inputIds.length;
    if (tree !== undefined && last !== undefined) {
      const places = tree.places + length - sharedPlaces(last, sequence);
      if (places <= maximumPlaces && rowCost(places) < rowCost(tree.places) + rowCost(length)) {
        tree.members.push(sequence);
        tree.places = places;
        continue;
      }
    }
    trees.push({ members: [sequence], places: length });
  }
  return trees.map(({ members }) => prefixTree(members));
}

/** One tree of all the sequences; each shares what it can with the one before it. */
export function prefixTree(sequences: readonly TargetSequence[]): PrefixTree {
  const inputIds: number[] = [];
  const targets: number[] = [];
  const weights: number[] = [];
  const positions: number[] = [];
  const seenUntil: number[] = [];
  /** The sequence before, and where its tokens stand in the tree. */
  let last: TargetSequence | undefined;
  const path: number[] = [];
  /** What comes after the first tokens of the path does not go on from the others. */
  const close = (depth: number) => {
    for (const place of path.splice(depth)) seenUntil[place] = inputIds.length;
  };
  for (const sequence of sequences) {
    const shared = last === undefined ? 0 : sharedPlaces(last, sequence);
    close(shared);
    for (const [depth, token] of sequence.inputIds.entries()) {
      const weight = sequence.weights[depth] ?? 0;
      const place = path[depth] ?? inputIds.length;
      path[depth] = place;
      inputIds[place] = token;
      positions[place] = depth;
      weights[place] = (weights[place] ?? 0) + weight;
      targets[place] = weight > 0 ? (sequence.targets[depth] ?? 0) : (targets[place] ?? 0);
    }
    last = sequence;
  }
  close(0);
  return { inputIds, targets, weights, positions, seenUntil };
}

/** On how many of their first places two sequences agree, in the token and in the one after it. */
function sharedPlaces(one: TargetSequence, other: TargetSequence): number {
  const length = Math.min(one.inputIds.length, other.inputIds.length);
  let place = 0;
  while (place < length && compareAt(one, other, place) === 0) place++;
  return place;
}

/** The order of a dictionary whose letters are the places. */
function compare(one: TargetSequence, other: TargetSequence): number {
  const place = sharedPlaces(one, other);
  const [ended, otherEnded] = [one, other].map(({ inputIds }) => place >= inputIds.length);
  if (ended || otherEnded) return one.inputIds.length - other.inputIds.length;
  return compareAt(one, other, place);
}

function compareAt(one: TargetSequence, other: TargetSequence, place: number): number {
  return (one.inputIds[place] ?? 0) - (other.inputIds[place] ?? 0) || next(one, place) - next(other, place);
}

/** The token after a place: its target, or what stands there; -1 behind an end of weight 0. */
function next({ inputIds, targets, weights }: TargetSequence, place: number): number {
  return ((weights[place] ?? 0) > 0 ? targets[place] : inputIds[place + 1]) ?? -1;
}

import { commonPrefix } from "./common-prefix.ts";
import type { Sample, SampleRequest } from "./sample.ts";
import type { Sampler } from "./sampler.ts";

/** A sampler, and for how many episodes its cache has room. */
export interface PoolMember {
  readonly sampler: Sampler;
  readonly maximumSequences: number;
}

/**
 * A message more than another member has in hand costs as much as reading this many tokens of a prompt, roughly: a
 * message of some dozen tokens takes the time of a few hundred tokens read at once, half of which the other member saves.
 */
const tokensOfAMessage = 128;

/**
 * Several samplers as one: each message goes to the member that has read most of its prompt, unless that one has more to
 * do. Which one writes it changes when a message is complete, not the message.
 */
export function createSamplerPool(members: readonly PoolMember[]): Sampler {
  const states = members.map((member) => new MemberState(member));
  return {
    sample: async (request) => {
      const [first, ...others] = states;
      if (first === undefined) throw new RangeError("a pool of samplers needs at least one");
      const best = others.reduce(
        (best, state) => (state.cost(request) < best.cost(request) ? state : best),
        first,
      );
      return await best.sample(request);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(members.map(({ sampler }) => sampler[Symbol.asyncDispose]()));
    },
  };
}

class MemberState {
  readonly #member: PoolMember;
  /** The last prompts, by episode, oldest first: what the member's cache holds, more or less. */
  readonly #prompts = new Map<string | symbol, readonly number[]>();
  #running = 0;

  constructor(member: PoolMember) {
    this.#member = member;
  }

  /** What the message would cost here, in tokens. */
  cost({ prompt }: SampleRequest): number {
    const shared = Math.max(0, ...this.#prompts.values().map((other) => commonPrefix(prompt, other)));
    // With all places taken it has to wait for another message to end.
    const waiting = Math.max(0, this.#running + 1 - this.#member.maximumSequences) * prompt.length;
    return prompt.length - shared + this.#running * tokensOfAMessage + waiting;
  }

  async sample(request: SampleRequest): Promise<Sample> {
    const key = request.episode ?? Symbol("no episode");
    this.#prompts.delete(key);
    this.#prompts.set(key, request.prompt);
    const oldest = this.#prompts.keys().next();
    if (this.#prompts.size > this.#member.maximumSequences && oldest.done !== true) {
      this.#prompts.delete(oldest.value);
    }
    this.#running++;
    try {
      return await this.#member.sampler.sample(request);
    } finally {
      this.#running--;
    }
  }
}

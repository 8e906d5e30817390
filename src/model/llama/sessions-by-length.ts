/**
 * Sessions of the engine for rows of different lengths, opened when a length first comes. Each keeps the memory that it
 * once needed, so those used longest ago are closed where together they might hold more than the budget; the one in use
 * never is.
 */
export class SessionsByLength<Session extends AsyncDisposable> implements AsyncDisposable {
  readonly #open: (length: number) => Promise<Session>;
  readonly #bytesOf: (length: number) => number;
  readonly #budget: number;
  /** The one used longest ago comes first. */
  readonly #sessions = new Map<number, Session>();

  constructor(
    open: (length: number) => Promise<Session>,
    memory: { readonly bytesOf: (length: number) => number; readonly budget: number },
  ) {
    this.#open = open;
    this.#bytesOf = memory.bytesOf;
    this.#budget = memory.budget;
  }

  /** What fails to open is not remembered, so that it can be tried again. Not to be called while another call waits. */
  async get(length: number): Promise<Session> {
    const known = this.#sessions.get(length);
    this.#sessions.delete(length);
    if (known === undefined) await this.#makeRoom(this.#bytesOf(length));
    const session = known ?? (await this.#open(length));
    this.#sessions.set(length, session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#makeRoom(Number.POSITIVE_INFINITY);
  }

  async #makeRoom(bytes: number): Promise<void> {
    let total = bytes;
    for (const length of this.#sessions.keys()) total += this.#bytesOf(length);
    for (const [length, session] of this.#sessions) {
      if (total <= this.#budget) return;
      this.#sessions.delete(length);
      await session[Symbol.asyncDispose]();
      total -= this.#bytesOf(length);
    }
  }
}

/** What a run tells while it works. The command line shows it; the library is silent by default. */
export interface Progress {
  /** A piece of work begins. `total` is in the unit that `update` counts, where known yet. */
  begin(name: string, total?: number): Work;
  /** A line that stays. */
  note(text: string): void;
}

export interface Work {
  /** So much is done in all; `detail` is a short text such as "loss 0.41". */
  update(done: number, options?: { readonly total?: number; readonly detail?: string }): void;
  end(): void;
}

export const silentProgress: Progress = {
  begin: () => ({ update: () => undefined, end: () => undefined }),
  note: () => undefined,
};

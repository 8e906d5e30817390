/**
 * Does work on all items, several at once, and yields the results in the items' order. Where it ends early, what is under way is told
 * to stop and waited for.
 *
 * @param ahead how many are under way, or done and not yet taken
 * @throws what the work of the first item that fails throws, or the signal's reason
 */
export async function* inOrder<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R> {
  const stopped = new AbortController();
  const either = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]);
  const underWay: Promise<R>[] = [];
  const waiting = [...items];
  try {
    for (;;) {
      signal?.throwIfAborted();
      for (const item of waiting.splice(0, ahead - underWay.length)) {
        const result = work(item, either);
        result.catch(() => {}); // Its turn to be told of comes later.
        underWay.push(result);
      }
      const [first] = underWay;
      if (first === undefined) return;
      const result = await first;
      underWay.shift();
      yield result;
    }
  } catch (error) {
    signal?.throwIfAborted(); // What fails after that fails because of it.
    throw error;
  } finally {
    stopped.abort();
    await Promise.allSettled(underWay);
  }
}

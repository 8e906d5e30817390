/** A timer that comes so many milliseconds late was kept back: by a long computation, or a stopped process. */
export const mostLate = 100;

/**
 * Aborts after so many milliseconds, in which this process did not stand still: where it did, the time begins anew, because
 * what is waited for may have stood still as well. Keeps no process alive.
 */
export function timeLimit(milliseconds: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const due = performance.now() + milliseconds;
    timer = setTimeout(() => {
      if (performance.now() > due + mostLate) wait();
      else controller.abort();
    }, milliseconds).unref();
  };
  wait();
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

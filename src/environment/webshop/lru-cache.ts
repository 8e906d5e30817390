/**
 * Remembers the values of the `capacity` keys that were asked for last.
 *
 * @param create must depend on its key alone, so that forgetting a value is never noticed
 */
export function createLruCache<K, V>(capacity: number, create: (key: K) => V): (key: K) => V {
  // Two generations instead of a queue: a hit costs one look-up, and at most 2 * capacity values are kept.
  let recent = new Map<K, V>();
  let older = new Map<K, V>();
  const remember = (key: K, value: V): V => {
    recent.set(key, value);
    if (recent.size >= capacity) {
      older = recent;
      recent = new Map();
    }
    return value;
  };
  return (key) => {
    const value = recent.get(key);
    if (value !== undefined || recent.has(key)) return value as V;
    const old = older.get(key);
    if (old !== undefined || older.has(key)) return remember(key, old as V);
    return remember(key, create(key));
  };
}

/** A value that is computed when it is first asked for. */
export function lazy<V>(compute: () => V): () => V {
  let computed: { readonly value: V } | undefined;
  return () => {
    computed ??= { value: compute() };
    return computed.value;
  };
}

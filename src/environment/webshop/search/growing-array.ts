const chunkBits = 16;
const chunkSize = 1 << chunkBits;

/** A list of unsigned 32-bit integers that grows without copying, for lists of many millions. */
export interface GrowingArray {
  readonly length: number;
  push(value: number): void;
  at(index: number): number;
}

export function createGrowingArray(): GrowingArray {
  const chunks: Uint32Array[] = [];
  let chunk = new Uint32Array(0);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      const offset = length & (chunkSize - 1);
      if (offset === 0) {
        chunk = new Uint32Array(chunkSize);
        chunks.push(chunk);
      }
      chunk[offset] = value;
      length++;
    },
    at: (index) => chunks[index >>> chunkBits]?.[index & (chunkSize - 1)] ?? 0,
  };
}

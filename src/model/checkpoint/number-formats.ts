/** How numbers are stored in a safetensors file, by its names for them. */
export type Storage = "F32" | "F16" | "BF16";

interface NumberFormat {
  readonly bytesPerNumber: number;
  /** Numbers of this size and more become infinite. */
  readonly limit: number;
  /** The numbers of little-endian bytes; every value of the three formats is a float32. May share the bytes' memory. */
  readonly decode: (bytes: Uint8Array) => Float32Array;
  /** The bytes of numbers, each rounded to the nearest that the format has, ties to even. */
  readonly encode: (numbers: Float32Array) => Uint8Array;
}

/** The bytes where a view of 4-byte numbers may begin. All of this file is for processors that are little-endian too. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}

function patternsOf(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength } = aligned(bytes);
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

function decodeFloat32(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = aligned(bytes);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

function bytesOf(array: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A bfloat16 is the upper half of a float32. */
function decodeBfloat16(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint32Array.from(patternsOf(bytes), (pattern) => pattern << 16).buffer);
}

function encodeBfloat16(numbers: Float32Array): Uint8Array {
  const bits = new Uint32Array(numbers.slice().buffer);
  // Rounding up by half of the dropped part, or a little less where the kept part is even; a NaN must stay one.
  const round = (each: number, index: number): number =>
    Number.isNaN(numbers[index]) ? each | 0x400000 : each + 0x7fff + ((each >>> 16) & 1);
  return bytesOf(Uint16Array.from(bits, (each, index) => round(each, index) >>> 16));
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
function readFloat16(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >>> 10) & 0x1f;
  const fraction = pattern & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function writeFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  let bits = 0x7c00;
  if (Number.isNaN(value)) bits = 0x7e00;
  else if (size < storages.F16.limit) {
    // Below 2^-14 numbers are multiples of 2^-24; above, of 2^-10 of their power of two. A carry runs into the
    // exponent, as it should.
    const exponent = Math.max(-14, Math.floor(Math.log2(size)));
    const steps = roundToEven(size / 2 ** (exponent - 10));
    bits = (exponent + 14) * 1024 + steps;
  }
  return sign | bits;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

let float16Values: Float32Array | undefined;

/** By a table of all 65,536 values, because a model has millions of them. */
function decodeFloat16(bytes: Uint8Array): Float32Array {
  float16Values ??= Float32Array.from({ length: 2 ** 16 }, (_, pattern) => readFloat16(pattern));
  const values = float16Values;
  return Float32Array.from(patternsOf(bytes), (pattern) => values[pattern] ?? Number.NaN);
}

export const storages: Readonly<Record<Storage, NumberFormat>> = {
  F32: { bytesPerNumber: 4, limit: Number.POSITIVE_INFINITY, decode: decodeFloat32, encode: bytesOf },
  F16: {
    bytesPerNumber: 2,
    limit: 65520,
    decode: decodeFloat16,
    encode: (numbers) => bytesOf(Uint16Array.from(numbers, writeFloat16)),
  },
  BF16: {
    bytesPerNumber: 2,
    limit: (2 - 2 ** -8) * 2 ** 127,
    decode: decodeBfloat16,
    encode: encodeBfloat16,
  },
};

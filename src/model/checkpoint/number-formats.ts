/** How numbers are stored in a safetensors file, by its names for them. */
export type Storage = "F32" | "F16" | "BF16";

interface NumberFormat {
  readonly bytesPerNumber: number;
  /** Reads one little-endian number; every value of the three formats is a float32. */
  readonly read: (view: DataView, offset: number) => number;
  /** Writes one number, rounded to the nearest that the format has, ties to even. */
  readonly write: (view: DataView, offset: number, value: number) => void;
}

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function readBfloat16(view: DataView, offset: number): number {
  scratch.setUint32(0, view.getUint16(offset, true) * 2 ** 16);
  return scratch.getFloat32(0);
}

function writeBfloat16(view: DataView, offset: number, value: number): void {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  // Rounding up by half of the dropped part, or a little less where the kept part is even; a NaN must stay one.
  const rounded = Number.isNaN(value) ? bits | 0x400000 : bits + 0x7fff + ((bits >>> 16) & 1);
  view.setUint16(offset, rounded >>> 16, true);
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
function readFloat16(view: DataView, offset: number): number {
  const bits = view.getUint16(offset, true);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function writeFloat16(view: DataView, offset: number, value: number): void {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  let bits = 0x7c00;
  if (Number.isNaN(value)) bits = 0x7e00;
  else if (size < 65520) {
    // Below 2^-14 numbers are multiples of 2^-24; above, of 2^-10 of their power of two. A carry runs into the
    // exponent, as it should.
    const exponent = Math.max(-14, Math.floor(Math.log2(size)));
    const steps = roundToEven(size / 2 ** (exponent - 10));
    bits = (exponent + 14) * 1024 + steps;
  }
  view.setUint16(offset, sign | bits, true);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

export const storages: Readonly<Record<Storage, NumberFormat>> = {
  F32: {
    bytesPerNumber: 4,
    read: (view, offset) => view.getFloat32(offset, true),
    write: (view, offset, value) => view.setFloat32(offset, value, true),
  },
  F16: { bytesPerNumber: 2, read: readFloat16, write: writeFloat16 },
  BF16: { bytesPerNumber: 2, read: readBfloat16, write: writeBfloat16 },
};

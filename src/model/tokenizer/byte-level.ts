/**
 * The printable character that stands for each byte in the vocabulary of a byte-level BPE tokenizer, as GPT-2's
 * `bytes_to_unicode`: printable Latin-1 stands for itself, every other byte for a character from U+0100 on.
 */
export const byteCharacters: readonly string[] = (() => {
  const standsForItself = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(standsForItself(byte) ? byte : next++));
})();

const encoder = new TextEncoder();

/** The text's UTF-8 bytes, each written as its character of `byteCharacters`. A lone surrogate becomes U+FFFD. */
export function toByteCharacters(text: string): string {
  let result = "";
  for (const byte of encoder.encode(text)) result += byteCharacters[byte];
  return result;
}

const byteOf = new Map(byteCharacters.map((character, byte) => [character, byte]));

/** The bytes for which the characters stand; a character that stands for none is left out. */
export function bytesOfCharacters(characters: string): number[] {
  return [...characters].flatMap((character) => byteOf.get(character) ?? []);
}

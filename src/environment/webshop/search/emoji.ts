/**
 * Emoji sequences as Lucene's tokenizer finds them: by the grammar of Unicode Technical Standard #51 (flags,
 * keycaps, skin tones, sequences joined by U+200D), where each one is a word.
 */

/**
 * Extended_Pictographic of Unicode 11 to 14. Later versions took characters such as the black star out, and
 * the versions of Node differ, so the property escape of regular expressions would not do.
 */
const pictographs = [
  String.raw`\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf`,
  String.raw`\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612`,
  String.raw`\u2614-\u2685\u2690-\u2705\u2708-\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747`,
  String.raw`\u274c\u274e\u2753-\u2755\u2757\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935`,
  String.raw`\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\u{1f000}-\u{1f0ff}`,
  String.raw`\u{1f10d}-\u{1f10f}\u{1f12f}\u{1f16c}-\u{1f171}\u{1f17e}\u{1f17f}\u{1f18e}\u{1f191}-\u{1f19a}`,
  String.raw`\u{1f1ad}-\u{1f1e5}\u{1f201}-\u{1f20f}\u{1f21a}\u{1f22f}\u{1f232}-\u{1f23a}\u{1f23c}-\u{1f23f}`,
  String.raw`\u{1f249}-\u{1f3fa}\u{1f400}-\u{1f53d}\u{1f546}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f774}-\u{1f77f}`,
  String.raw`\u{1f7d5}-\u{1f7ff}\u{1f80c}-\u{1f80f}\u{1f848}-\u{1f84f}\u{1f85a}-\u{1f85f}\u{1f888}-\u{1f88f}`,
  String.raw`\u{1f8ae}-\u{1f8ff}\u{1f90c}-\u{1f93a}\u{1f93c}-\u{1f945}\u{1f947}-\u{1faff}\u{1fc00}-\u{1fffd}`,
].join("");

const ignorable = String.raw`[[\p{Grapheme_Extend}\p{Mc}\p{Cf}\u200d]--[\u200b\ufe0e\ufe0f]]*`;
const allIgnorable = String.raw`[[\p{Grapheme_Extend}\p{Mc}\p{Cf}\u200d]--[\u200b]]*`;
const modified = String.raw`(?:\u200d*\p{Emoji_Modifier_Base}${ignorable})?\p{Emoji_Modifier}${ignorable}`;
const plain = String.raw`\u200d*[${pictographs}]${ignorable}\ufe0f?`;
const unit = `(?:${modified}|${plain})`;

/** The alternatives of the grammar; the longest match wins. All are sticky. */
const sequences = [
  String.raw`(?:${unit}\u200d)*${unit}`,
  String.raw`${unit}[\u{e0020}-\u{e007e}]+\u{e007f}`,
  String.raw`[0-9#*]${ignorable}\ufe0f?\u20e3${ignorable}`,
  String.raw`\p{Regional_Indicator}${allIgnorable}\p{Regional_Indicator}${allIgnorable}`,
].map((source) => new RegExp(source, "vy"));

const firstCharacter = new RegExp(
  String.raw`^[${pictographs}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d0-9#*]`,
  "v",
);

/** The end of the emoji sequence that begins at `start`, at most `limit`, or -1 if none does. */
export function emojiEnd(text: string, start: number, limit: number): number {
  const window = text.slice(start, limit);
  if (!firstCharacter.test(window)) return -1;
  let end = -1;
  for (const sequence of sequences) {
    sequence.lastIndex = 0;
    if (sequence.test(window)) end = Math.max(end, start + sequence.lastIndex);
  }
  return end;
}

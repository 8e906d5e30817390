/** Control characters but newline and tab, and the characters that turn the direction of writing around. */
const unprintable = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu;

/** Text from environments, models and files is not trusted: what could change a terminal or a page becomes U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(unprintable, "\uFFFD").toWellFormed();
}

/** As `printable`, on one line and of at most `maximumLength` characters. */
export function printableLine(text: string, maximumLength: number): string {
  return clip(printable(text).replaceAll(/\s+/g, " "), maximumLength);
}

/** Cuts a longer text, and shows that it was cut. */
export function clip(text: string, maximumLength: number): string {
  return text.length > maximumLength ? `${text.slice(0, maximumLength - 1)}…` : text;
}

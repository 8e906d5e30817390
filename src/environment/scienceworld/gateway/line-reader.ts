const newline = 10;

/**
 * Puts lines together from the pieces in which bytes arrive. A piece may end anywhere, within a character too.
 *
 * @param onLine is given each line without its newline
 * @returns takes the next piece, which may be overwritten afterwards; tells how many bytes of a line without end are kept
 */
export function lineReader(onLine: (line: string) => void): (piece: Uint8Array) => number {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  return (piece) => {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      const rest = bytes.subarray(start, end);
      start = end + 1;
      // Most lines come whole.
      const line = keptBytes === 0 ? rest : Buffer.concat([...kept, rest]);
      kept = [];
      keptBytes = 0;
      onLine(line.toString());
    }
    if (start < bytes.length) {
      kept.push(Buffer.from(bytes.subarray(start)));
      keptBytes += bytes.length - start;
    }
    return keptBytes;
  };
}

/**
 * The text form of a turn, ReAct style (Yao et al. 2022, arXiv 2210.03629): a thought, then one action.
 *
 *     Thought: B0AA seen, B0BB yes.
 *     Action: click[B0BB]
 */

export interface ParsedMessage {
  readonly thought: string;
  readonly action: string;
}

export function formatMessage(thought: string, action: string): string {
  return thought === "" ? `Action: ${action}` : `Thought: ${thought}\nAction: ${action}`;
}

// Not `^` and `.`: to them U+2028 and U+2029 are line breaks too, but product texts hold them.
const actionLine = /(?<![^\r\n])Action:[ \t]*([^\r\n]*)/;

/**
 * Reads the first `Action:` line; all before it is the thought. A text without one is taken as the action as a
 * whole, so that the environment, not the parser, calls it invalid.
 */
export function parseMessage(message: string): ParsedMessage {
  const match = actionLine.exec(message);
  if (match === null) return { thought: "", action: message.trim() };
  const thought = message
    .slice(0, match.index)
    .replace(/^Thought:[ \t]*/, "")
    .trim();
  return { thought, action: (match[1] ?? "").trimEnd() };
}

/** What a look around a room tells. */
export interface View {
  readonly room: string;
  /** Things that one can name in an action, in the order in which they are listed; the agent, the air and the ground are not. */
  readonly things: readonly string[];
  /** The rooms behind the doors. */
  readonly doors: readonly string[];
  /** As the simulator says it. */
  readonly text: string;
}

/** Reads the answer to `look around`; undefined if it is none. */
export function parseView(text: string): View | undefined {
  const room = /^This (?:room|outside location) is called the (.+?)\./.exec(text)?.[1];
  if (room === undefined) return undefined;
  const lines = text.split("\n").filter((line) => line.startsWith("\t"));
  const doors = lines.flatMap((line) => /^\tA door to the (.+?) \(/.exec(line)?.[1] ?? []);
  const things = lines.filter((line) => !line.startsWith("\tA door ")).flatMap(thingsOf);
  return { room, things, doors, text };
}

const unnamed = new Set(["agent", "air", "ground", "nothing"]);

/** The thing of a line, and those in or on it: "a table. On the table is: a glass cup (containing nothing)." is table and glass cup. */
function thingsOf(line: string): string[] {
  return [
    ...line.matchAll(/(?:^\t|[(:,] ?|containing )(?:an? |the )(?:substance called )?([a-z][a-z0-9 ]*)/g),
  ]
    .map((match) => (match[1] ?? "").replace(/ in the .*$/, "").trim())
    .filter((thing) => thing !== "" && !unnamed.has(thing));
}

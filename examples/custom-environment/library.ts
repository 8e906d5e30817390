/**
 * An environment of one's own, in one file: a small library, where an agent looks for a book and borrows it.
 *
 * An environment says which tasks there are and plays one episode of one task. Everything else (simulating expert
 * states by replay, labelling, training, evaluation) is the library's part.
 */
import { createRandom, type Environment, type Episode, type Split, type Task } from "../../src/index.ts";

export interface Book {
  readonly title: string;
  readonly author: string;
  readonly year: number;
}

/** A task is plain data: an id that is unique over all splits, its split, and what the episode needs. */
export interface LibraryTask extends Task {
  readonly wanted: Book;
}

const authors = ["Amber", "Birch", "Cole", "Dove", "Eland", "Frost"];
const nouns = [
  "River",
  "Lantern",
  "Garden",
  "Winter",
  "Harbour",
  "Letter",
  "Mountain",
  "Clock",
  "Island",
  "Bridge",
];
const colours = ["Red", "Silent", "Last", "Hidden", "Broken", "Golden"];
/** Books on one page of an author's list. */
const pageSize = 3;

/**
 * `seed` decides which books there are and which are asked for. The reward is 1 for the wanted book, 0.5 for another
 * one of its author, and 0 otherwise: a win is a reward of exactly 1.
 */
export function library(seed: number, counts: Readonly<Record<Split, number>>): Environment<LibraryTask> {
  const random = createRandom(seed);
  const titles = random.shuffle(colours.flatMap((colour) => nouns.map((noun) => `${colour} ${noun}`)));
  const books = titles.map((title, index): Book => {
    const author = authors[index % authors.length] ?? "";
    return { title, author, year: 1900 + index };
  });

  // Every book is asked for in one split only, so nothing that is tested was trained on.
  const shuffled = random.shuffle(books);
  const tasks = (["train", "validation", "test"] as const).flatMap((split) =>
    shuffled
      .splice(0, counts[split])
      .map((wanted, index): LibraryTask => ({ id: `${split}-${index}`, split, wanted })),
  );

  return {
    name: "library",
    systemPrompt: "Borrow the book that you are asked for. Actions: author[NAME], next, borrow[TITLE].",
    tasks: (split) => tasks.filter((task) => task.split === split),
    start: async (task) => startEpisode(books, task),
    // Optional: the kind of an action, for the table of what policies do.
    actionKind: (action) => /^\w+/.exec(action)?.[0] ?? "",
  };
}

/** One attempt. No snapshots here, so expert states are reached by sending the expert's actions again. */
function startEpisode(books: readonly Book[], { wanted }: LibraryTask): Episode {
  const request = `Find the book by ${wanted.author} from ${wanted.year}.`;
  let list: readonly Book[] = [];
  let page = 0;
  let observation = request;

  const look = () => {
    const shown = list.slice(page * pageSize, (page + 1) * pageSize);
    const more = list.length > (page + 1) * pageSize ? " More on the next page." : "";
    return `${request} ${shown.map(({ title, year }) => `${title} (${year})`).join(", ")}.${more}`;
  };
  const answer = (text: string) => {
    observation = text;
    return { observation, reward: 0, done: false, valid: true };
  };
  /** The state stays as it is; `valid: false` lets the tables count such actions. */
  const refuse = () => ({ observation, reward: 0, done: false, valid: false });

  return {
    get observation() {
      return observation;
    },
    // What comes from a policy is untrusted text: anything may arrive here.
    step: async (action) => {
      const [, verb, value = ""] = /^(author|next|borrow)(?:\[(.*)\])?$/s.exec(action) ?? [];
      if (verb === "author" && authors.includes(value)) {
        list = books.filter((book) => book.author === value);
        page = 0;
        return answer(look());
      }
      if (verb === "next" && list.length > (page + 1) * pageSize) {
        page += 1;
        return answer(look());
      }
      const book = list.find(({ title }) => title === value);
      if (verb === "borrow" && book !== undefined) {
        const reward = book === wanted ? 1 : book.author === wanted.author ? 0.5 : 0;
        observation = `You borrowed ${book.title}.`;
        return { observation, reward, done: true, valid: true };
      }
      return refuse();
    },
    // Close files, connections or processes of the episode here.
    [Symbol.asyncDispose]: async () => undefined,
  };
}

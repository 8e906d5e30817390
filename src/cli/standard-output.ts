import process from "node:process";
import { notWritten } from "../files.ts";

/** What a shell tells of a program that ended because nobody read its output: 128 and SIGPIPE's number. */
const unreadExitCode = 141;

/**
 * Lets no failure to print end the process half-way. What a run, an import or a server is there for is in files or at a
 * port; the reader of its output may have wanted the first line only (`eef run | head -1`), or the terminal behind it is
 * gone. So work is always finished, quietly, and the exit code tells at the end. A command that does nothing but print
 * asks for `endWhereUnread`.
 * @returns The process's exit code, from the command's own: 141 if nobody read all that was printed, and, if it could not
 * be written for another reason (a full disk), the given code for failures, with the reason on standard error.
 */
export function outliveReaders(): (own: number, failureCode: number) => number {
  let failure: NodeJS.ErrnoException | undefined;
  process.stdout.on("error", (error) => {
    failure ??= error;
  });
  // Nobody is left who could be told.
  process.stderr.on("error", () => {});
  return (own, failureCode) => {
    if (failure === undefined || own !== 0) return own;
    if (isUnread(failure)) return unreadExitCode;
    const explained = notWritten(failure, "standard output");
    console.error(`Error: ${explained instanceof Error ? explained.message : failure.message}`);
    return failureCode;
  };
}

/** From here on the process ends, quietly, as soon as nobody reads what it prints. */
export function endWhereUnread(): void {
  if (!process.stdout.listeners("error").includes(endIfUnread)) process.stdout.on("error", endIfUnread);
}

function endIfUnread(error: NodeJS.ErrnoException): void {
  if (isUnread(error)) process.exit(unreadExitCode);
}

function isUnread({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE";
}

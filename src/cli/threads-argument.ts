import { readNumberArgument } from "./number-argument.ts";

/** The option of every command that computes with the embedded student. */
export const threadsArgument = {
  threads: {
    type: "string",
    description: "Threads of the tensor engine (default: EEF_THREADS, or 2)",
    valueHint: "N",
  },
} as const;

/** As an option for whoever opens the model: empty where the command line names none. */
export function readThreads(text: string | undefined): { readonly threads?: number } {
  const threads = readNumberArgument("threads", text, { integer: true, least: 1 });
  return threads === undefined ? {} : { threads };
}

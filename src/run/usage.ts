import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { writeFileAtomically } from "../files.ts";
import type { Policy, UsageAccount } from "../policy/policy.ts";
import type { RunDirectory } from "./run-directory.ts";

const usageSchema = z.record(
  z.string(),
  z.object({ requests: z.number(), retries: z.number(), tokens: z.number() }),
);
const fileName = "usage.json";
/** So much may be forgotten if the process is killed. */
const savedEveryMilliseconds = 1000;

/** Keeps what policies have used of their budgets in `usage.json`, so that a budget holds over all commands of a run. */
export interface UsageLog {
  /** Tells the policy what earlier commands have used, and stores what it uses, each second and when it is disposed of. */
  follow(policy: Policy): Disposable;
}

export function usageLog(directory: RunDirectory): UsageLog {
  const file = directory.file(fileName);
  let stored = existsSync(file) ? usageSchema.parse(JSON.parse(readFileSync(file, "utf8"))) : {};
  const save = (account: UsageAccount) => {
    const used = account.read();
    if (isDeepStrictEqual(stored[account.name], used)) return;
    stored = { ...stored, [account.name]: used };
    writeFileAtomically(file, `${JSON.stringify(stored, null, 2)}\n`);
  };
  return {
    follow: ({ usage }) => {
      if (usage === undefined) return { [Symbol.dispose]: () => {} };
      const earlier = stored[usage.name];
      if (earlier !== undefined) usage.restore(earlier);
      const timer = setInterval(() => {
        try {
          save(usage);
        } catch {
          // A disk that is full: the save at the end says so, to somebody who listens.
        }
      }, savedEveryMilliseconds).unref();
      return {
        [Symbol.dispose]: () => {
          clearInterval(timer);
          save(usage);
        },
      };
    },
  };
}

import { existsSync, readFileSync } from "node:fs";
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
  /** Tells the policy what earlier commands have used, and follows it from here on. */
  follow(policy: Policy): void;
  /** Stores what was used; not more often than every second, unless it `mustBeNow`. */
  save(mustBeNow?: boolean): void;
}

export function usageLog(directory: RunDirectory): UsageLog {
  const file = directory.file(fileName);
  const stored = existsSync(file) ? usageSchema.parse(JSON.parse(readFileSync(file, "utf8"))) : {};
  const followed = new Map<string, UsageAccount>();
  let text = JSON.stringify(stored);
  let savedAt = Number.NEGATIVE_INFINITY;
  return {
    follow: ({ usage }) => {
      if (usage === undefined) return;
      const earlier = followed.get(usage.name)?.read() ?? stored[usage.name];
      if (earlier !== undefined) usage.restore(earlier);
      followed.set(usage.name, usage);
    },
    save: (mustBeNow = false) => {
      if (followed.size === 0) return;
      if (!mustBeNow && performance.now() - savedAt < savedEveryMilliseconds) return;
      savedAt = performance.now();
      const used = Object.fromEntries([...followed].map(([name, account]) => [name, account.read()]));
      const current = JSON.stringify({ ...stored, ...used });
      if (current === text) return;
      text = current;
      writeFileAtomically(file, `${current}\n`);
    },
  };
}

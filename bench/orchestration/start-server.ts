import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export interface ModelServer extends Disposable {
  readonly baseUrl: string;
  /** How often each kind of fault was injected. */
  faults(): Promise<Readonly<Record<string, number>>>;
}

/** Starts model-server.ts in a process of its own. */
export async function startModelServer(options: readonly string[]): Promise<ModelServer> {
  const child = fork(fileURLToPath(new URL("model-server.ts", import.meta.url)), options);
  const [told] = await once(child, "message");
  const { baseUrl } = z.object({ baseUrl: z.string() }).parse(told);
  return {
    baseUrl,
    faults: async () => {
      child.send("counts");
      const [answer] = await once(child, "message");
      return z.object({ counts: z.record(z.string(), z.number()) }).parse(answer).counts;
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

import { join } from "node:path";
import { eef } from "../../src/methods/eef.ts";
import { rft } from "../../src/methods/rft.ts";
import { sft } from "../../src/methods/sft.ts";
import { type EefConfig, type RunConfig, resolveConfig } from "../../src/run/config.ts";
import { countingTrainer } from "./counting-student.ts";
import { doors } from "./doors.ts";
import { porter } from "./porter.ts";

/** A whole run in about a second: the toy task, its expert, and the student that counts. */
export function toyConfig(
  directory: string,
  changes: Partial<EefConfig> & { delay?: number } = {},
): RunConfig {
  const { delay = 0, ...rest } = changes;
  return resolveConfig({
    name: "toy",
    seed: 7,
    environment: doors({ train: 24, validation: 4, test: 12 }),
    experts: [{ policy: porter() }],
    trainer: countingTrainer(join(directory, "student"), delay),
    methods: [
      sft(),
      rft({ iterations: 2 }),
      rft({ rollouts: 3, iterations: 2 }),
      eef({ simulatedStates: 2, iterations: 2 }),
    ],
    rollout: { maximumSteps: 10, concurrency: 8 },
    output: join(directory, "runs"),
    ...rest,
  });
}

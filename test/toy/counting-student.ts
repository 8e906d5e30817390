import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { formatMessage } from "../../src/policy/message-format.ts";
import type { ActRequest, ActResult, Policy } from "../../src/policy/policy.ts";
import { createRandom, deriveSeed } from "../../src/random.ts";
import type { Trainer, TrainingExample } from "../../src/trainer/trainer.ts";
import { keys } from "./doors.ts";

const actions = [...keys.map((key) => `use ${key}`), "knock"];

/** How often each action was a target after each last word of the observation (the door's colour). */
const countsSchema = z.record(z.string(), z.record(z.string(), z.number()));
type Counts = z.infer<typeof countsSchema>;

/**
 * A student that learns by counting: deterministic, and finished in milliseconds. Each call waits `delay` ms, so that
 * a test can interrupt it.
 */
export function countingTrainer(directory: string, delay = 0): Trainer {
  return {
    name: "counting",
    base: async () => {
      const location = join(directory, "base");
      writeCounts(location, {});
      return { location, version: versionOf({}) };
    },
    train: async ({ base, examples, outputDirectory, signal, onProgress }) => {
      const counts = readCounts(base.location);
      const losses: number[] = [];
      for (const [step, example] of examples.entries()) {
        if (delay > 0 && step % 10 === 0) await setTimeout(delay);
        signal?.throwIfAborted();
        const targets = targetsOf(example);
        for (const { state, action } of targets) {
          losses.push(-Math.log(probabilities(counts, state, 1)[actions.indexOf(action)] ?? 1));
          const row = counts[state] ?? {};
          counts[state] = { ...row, [action]: (row[action] ?? 0) + 1 };
        }
        onProgress?.({ step, steps: examples.length, loss: losses.at(-1) ?? 0, tokensPerSecond: 1 });
      }
      writeCounts(outputDirectory, counts);
      return {
        policy: { location: outputDirectory, version: versionOf(counts) },
        usage: { trainedTokens: examples.length * 10, targetTokens: losses.length, seconds: 0.001 },
        losses,
      };
    },
    open: async ({ location, version }) => countingPolicy(readCounts(location), version, delay),
  };
}

function targetsOf({ messages, weights }: TrainingExample): { state: string; action: string }[] {
  return messages.flatMap(({ content }, index) => {
    if (weights[index] === 0) return [];
    const action = content.replace("Action: ", "");
    return [{ state: stateOf(messages[index - 1]?.content ?? ""), action }];
  });
}

function stateOf(observation: string): string {
  return observation.split(" ").at(-1) ?? "";
}

function probabilities(counts: Counts, state: string, temperature: number): number[] {
  const weights = actions.map(
    (action) => ((counts[state]?.[action] ?? 0) + 0.2) ** (1 / Math.max(temperature, 0.01)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function countingPolicy(counts: Counts, version: string, delay: number): Policy {
  return {
    name: "counting student",
    version,
    act: async ({ messages, seed, turn, temperature }: ActRequest): Promise<ActResult> => {
      if (delay > 0) await setTimeout(delay);
      const share = probabilities(counts, stateOf(messages.at(-1)?.content ?? ""), temperature);
      let draw = createRandom(deriveSeed(seed, turn)).next();
      const index = share.findIndex((probability) => {
        draw -= probability;
        return draw < 0;
      });
      const action = actions.at(index) ?? "knock";
      return { message: formatMessage("", action), promptTokens: 8, generatedTokens: 3 };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function readCounts(location: string): Counts {
  return countsSchema.parse(JSON.parse(readFileSync(join(location, "counts.json"), "utf8")));
}

function writeCounts(location: string, counts: Counts): void {
  const partial = `${location}.partial`;
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, "counts.json"), JSON.stringify(counts));
  rmSync(location, { recursive: true, force: true });
  renameSync(partial, location);
}

function versionOf(counts: Counts): string {
  return createHash("sha256").update(JSON.stringify(counts)).digest("hex").slice(0, 16);
}

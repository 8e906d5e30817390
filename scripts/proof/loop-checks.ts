import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import {
  createEmbeddedPolicy,
  localExecutor,
  type Message,
  openChatTokenizer,
  readRunDirectory,
  shippedBase,
  type Trajectory,
  transcript,
} from "../../src/index.ts";
import { readTrajectory } from "../../src/run/database/trajectories.ts";
import { readLabels } from "./labels.ts";
import config, { longestMessage } from "./loop.config.ts";
import type { ProofPage } from "./page.ts";

const { systemPrompt } = config.environment;

export interface TokenComparison {
  readonly versions: Readonly<Record<string, string>>;
  readonly conversations: number;
  readonly tokens: number;
  /** Tokens of ours that Transformers has otherwise. */
  readonly different: number;
  /** Episodes, and those of them in which the server counted as many tokens as we do. */
  readonly counted: number;
  readonly countedEqual: number;
}

/**
 * Whether the trained checkpoint's tokenizer and chat template, in Transformers, make the same tokens as ours of all that the students saw
 * and wrote in a run; and whether the server counted as many.
 */
export async function compareTokens(
  { bin, folder }: ProofPage,
  run: string,
  checkpoint: string,
): Promise<TokenComparison> {
  const tokenizer = await openChatTokenizer(checkpoint);
  const episodes = readStudentEpisodes(run).filter(({ steps }) => steps.length > 0);
  const conversations = episodes.map(upToLastMessage);
  const file = join(folder, "conversations.json");
  writeFileSync(file, JSON.stringify(conversations));
  const python = join(bin, "python");
  const { versions, rows } = readLabels(python, "loop-tokens.py", [shippedBase, checkpoint, file]);
  const counts = { tokens: 0, different: 0, counted: 0, countedEqual: 0 };
  for (const [index, messages] of conversations.entries()) {
    const { ids } = tokenizer.mask({ messages, weights: messages.map(() => 0) });
    const theirs = rows[index]?.ids ?? [];
    counts.tokens += ids.length;
    counts.different += ids.filter((id, place) => id !== theirs[place]).length;
    counts.different += Math.max(0, theirs.length - ids.length);
    const usage = episodes[index]?.usage;
    if (usage === undefined) continue;
    counts.counted++;
    if (usage.promptTokens + usage.generatedTokens === ids.length) counts.countedEqual++;
  }
  return { versions, conversations: conversations.length, ...counts };
}

export interface ReplayComparison {
  /** Messages that the served student wrote in its test episodes. */
  readonly messages: number;
  /** Of them, those that the embedded decoder wrote otherwise, or not at all. */
  readonly different: number;
}

/** Plays the test episodes of the run's last student again, greedily, with the embedded decoder on the same checkpoint. */
export async function playAgain(run: string, checkpoint: string): Promise<ReplayComparison> {
  const served = new Map(
    readStudentEpisodes(run, "EEF", 2).map((trajectory) => [trajectory.taskId, trajectory] as const),
  );
  await using policy = await createEmbeddedPolicy({
    directory: checkpoint,
    maximumNewTokens: longestMessage,
  });
  const requests = config.environment.tasks("test").map((task) => ({
    id: task.id,
    kind: "evaluation" as const,
    task,
    seed: 1,
    temperature: 0,
    maximumSteps: config.rollout.maximumSteps,
  }));
  let messages = 0;
  let different = 0;
  for await (const own of localExecutor().run(requests, { environment: config.environment, policy })) {
    for (const [index, { message }] of (served.get(own.taskId)?.steps ?? []).entries()) {
      messages++;
      if (own.steps[index]?.message.trim() !== message.trim()) different++;
    }
  }
  return { messages, different };
}

const idRow = z.object({ id: z.string() });

/** The episodes of a run that a student played; only the test episodes of one, if it is named. */
function readStudentEpisodes(run: string, method?: string, iteration?: number): Trajectory[] {
  using directory = readRunDirectory(run);
  const { database } = directory;
  const rows =
    method === undefined || iteration === undefined
      ? database.all(
          idRow,
          "SELECT id FROM trajectories WHERE policy IN (SELECT t.policy FROM evaluations e JOIN trajectories t ON t.id = e.trajectory_id) ORDER BY id",
        )
      : database.all(
          idRow,
          "SELECT trajectory_id AS id FROM evaluations WHERE method = ? AND iteration = ?",
          method,
          iteration,
        );
  return rows.flatMap(({ id }) => readTrajectory(database, id) ?? []);
}

/** What the student had read and written when it had written its last message. */
function upToLastMessage(trajectory: Trajectory): Message[] {
  return transcript(systemPrompt, trajectory).slice(0, -1);
}

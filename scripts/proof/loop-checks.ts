import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import {
  createEmbeddedPolicy,
  type Message,
  openChatTokenizer,
  readRunDirectory,
  shippedBase,
  type Trajectory,
  transcript,
} from "../../src/index.ts";
import { interpretReply } from "../../src/policy/chat/interpret-reply.ts";
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
  /**
   * In how many episodes the server counted as many tokens as we do up to the student's last message, that included; more (the
   * message went on behind its action, and was cut); or fewer.
   */
  readonly counted: { readonly equal: number; readonly more: number; readonly fewer: number };
}

/**
 * Whether the tokenizers and chat templates of the base and the trained checkpoint, in Transformers, make the same tokens as ours of all
 * that the students saw and wrote in a run; and whether the server counted as many.
 */
export async function compareTokens(
  { bin, folder }: ProofPage,
  run: string,
  checkpoint: string,
): Promise<TokenComparison> {
  const tokenizer = await openChatTokenizer(shippedBase);
  const episodes = readStudentEpisodes(run).filter(({ steps }) => steps.length > 0);
  const conversations = episodes.map(upToLastMessage);
  const file = join(folder, "conversations.json");
  writeFileSync(file, JSON.stringify(conversations));
  const python = join(bin, "python");
  const { versions, rows } = readLabels(python, "loop-tokens.py", [shippedBase, checkpoint, file]);
  const counts = { tokens: 0, different: 0 };
  const counted = { equal: 0, more: 0, fewer: 0 };
  for (const [index, messages] of conversations.entries()) {
    const { ids } = tokenizer.mask({ messages, weights: messages.map(() => 0) });
    const theirs = rows[index]?.ids ?? [];
    counts.tokens += ids.length;
    counts.different += ids.filter((id, place) => id !== theirs[place]).length;
    counts.different += Math.max(0, theirs.length - ids.length);
    const { promptTokens = 0, generatedTokens = 0 } = episodes[index]?.usage ?? {};
    // Of an attempt that failed nothing is counted.
    if (generatedTokens === 0) continue;
    const more = promptTokens + generatedTokens - ids.length;
    counted[more === 0 ? "equal" : more > 0 ? "more" : "fewer"]++;
  }
  return { versions, conversations: conversations.length, ...counts, counted };
}

export interface MessageComparison {
  /** Messages that the served student wrote in its test episodes. */
  readonly messages: number;
  /** Of them, those that the embedded decoder writes otherwise. */
  readonly different: number;
}

/**
 * Asks the embedded decoder, on the checkpoint of the run's last student, in each state of the test episodes that the served one played
 * greedily. What it writes is cut behind its first action, as the chat policy cuts a server's reply.
 */
export async function askAgain(run: string, checkpoint: string): Promise<MessageComparison> {
  await using policy = await createEmbeddedPolicy({
    directory: checkpoint,
    maximumNewTokens: longestMessage,
  });
  const count = { messages: 0, different: 0 };
  for (const trajectory of readStudentEpisodes(run, "EEF", 2)) {
    for (const [turn, step] of trajectory.steps.entries()) {
      const messages = transcript(systemPrompt, trajectory, turn);
      const { message } = await policy.act({ messages, seed: trajectory.seed, turn, temperature: 0 });
      const own = interpretReply({ content: message, toolCalls: [] }, { tools: [], stop: [], turn });
      count.messages++;
      if (own.message !== step.message) count.different++;
    }
  }
  return count;
}

const idRow = z.object({ id: z.string() });

/** The episodes of a run that a student played; only the test episodes of one, if it is named. */
export function readStudentEpisodes(run: string, method?: string, iteration?: number): Trajectory[] {
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

/**
 * Prints a fingerprint of what the embedded student computes: `node scripts/fingerprint.ts`.
 *
 * Fine-tunes the shipped base on eight transcripts and lets the student answer eight prompts at once. A change that only
 * makes the student faster prints the same two lines before and after, on the same machine; another processor or
 * version of the tensor engine may print others.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedTrainer, shippedBase, transcript } from "../src/index.ts";
import { playTrajectories } from "./proof/examples.ts";

const folder = mkdtempSync(join(tmpdir(), "eef-fingerprint-"));
try {
  const trainer = embeddedTrainer({
    base: shippedBase,
    epochs: 1,
    batchTokens: 1024,
    learningRate: 1e-3,
    policy: { maximumNewTokens: 120 },
  });
  const { systemPrompt, trajectories } = await playTrajectories(8);
  const examples = trajectories
    .toSorted((one, other) => one.id.localeCompare(other.id))
    .map((trajectory) => {
      const messages = transcript(systemPrompt, trajectory);
      const weights = messages.map(({ role }) => (role === "assistant" ? 1 : 0));
      const origin = { trajectoryId: trajectory.id, importantState: 0, reason: "Whole." };
      return { id: trajectory.id, taskId: trajectory.taskId, messages, weights, origin };
    });
  const { policy, losses } = await trainer.train({
    base: await trainer.base(),
    examples,
    seed: 1,
    outputDirectory: join(folder, "student"),
  });
  console.log(`weights   ${policy.version.slice(0, 16)}, last loss ${losses.at(-1)}`);
  await using student = await trainer.open(policy);
  const answers = await Promise.all(
    examples.map(({ messages }, seed) =>
      student.act({ messages: messages.slice(0, 2), seed, temperature: 0.7, turn: 0 }),
    ),
  );
  const texts = createHash("sha256").update(JSON.stringify(answers.map(({ message }) => message)));
  console.log(`messages  ${texts.digest("hex").slice(0, 16)}`);
} finally {
  rmSync(folder, { recursive: true });
}

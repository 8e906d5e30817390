import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../errors.ts";
import type { TrainingProgress } from "../trainer.ts";
import { ProgramFailedError } from "./errors.ts";
import { msSwiftTrainer } from "./ms-swift.ts";
import { isAlive } from "./process/alive.test-helpers.ts";
import type { ServedModel } from "./serving/model-server.ts";
import {
  madeUpExamples,
  noServer,
  requestFor,
  standInTrainer,
  temporaryFolder,
} from "./stand-in.test-helpers.ts";

/** The ids of the workers that the stand-in printed. */
function workersIn(log: string): number[] {
  return [...readFileSync(log, "utf8").matchAll(/^worker (\d+)$/gm)].map((match) => Number(match[1]));
}

async function failureOf(promise: Promise<unknown>): Promise<ProgramFailedError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ProgramFailedError) return error;
  throw new Error(`expected a ProgramFailedError, got ${error}`);
}

describe("a trainer that is a program of its own", () => {
  it("leaves a verified model in its place, and dataset and log beside it", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("good");
    const progress: TrainingProgress[] = [];
    const request = await requestFor(trainer, folder.path, { onProgress: (step) => progress.push(step) });
    const result = await trainer.train(request);

    expect(result.losses).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
    expect(progress.map(({ step, steps }) => [step, steps])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
    expect(readdirSync(request.outputDirectory).sort()).toEqual([
      "adapter_config.json",
      "adapter_model.safetensors",
      "eef-model.json",
      "trainer_state.json",
    ]);
    const beside = `${request.outputDirectory}.training`;
    expect(readFileSync(join(beside, "log.txt"), "utf8")).toContain("3 rows\n{'loss': '1'");
    expect(readFileSync(join(beside, "dataset.jsonl"), "utf8").trim().split("\n")).toHaveLength(3);
    expect(existsSync(join(beside, "output"))).toBe(false);
    // Two epochs of three rows; a target of 40 characters is taken for 10 tokens.
    expect(result.usage).toMatchObject({
      targetTokens: 2 * 3 * 10,
      trainedTokens: 2 * 3 * (2 + 5 + 5 + 2 + 10),
    });
  });

  it("tells how its dataset differs from the examples", async () => {
    using folder = temporaryFolder();
    const notes: string[] = [];
    const halved = madeUpExamples(3).map((example) => ({ ...example, weights: [0, 0, 0.5, 0, 1] }));
    const trainer = standInTrainer("good", noServer(), { format: "axolotl" });
    const request = { examples: halved, onNote: (note: string) => notes.push(note) };
    const { remarks } = await trainer.train(await requestFor(trainer, folder.path, request));
    expect(remarks).toEqual(notes);
    expect(notes).toEqual(["command: 3 weights other than 0 and 1 written as 1."]);
  });

  it("is served as an adapter of its base, under the version of its content", async () => {
    using folder = temporaryFolder();
    const opened: ServedModel[] = [];
    const trainer = standInTrainer("good", noServer(opened));
    const { policy } = await trainer.train(await requestFor(trainer, folder.path));
    await trainer.open(policy);
    await trainer.open(await trainer.base());
    expect(opened).toEqual([
      { ...policy, kind: "adapter", base: "made-up/base" },
      { location: "made-up/base", version: "made-up/base@main", kind: "model", base: "made-up/base" },
    ]);
    await expect(trainer.open({ ...policy, version: "another" })).rejects.toThrow(/is not the model it was/);
  });

  it("tells of a failed program its code, its log, the last lines and what to do", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("fail");
    const request = await requestFor(trainer, folder.path);
    const error = await failureOf(trainer.train(request));
    expect(error.message).toContain("ended with code 3");
    expect(error.message).toContain("CUDA out of memory");
    expect(error.message).toContain(error.logFile);
    expect(error.hint).toContain("microBatchSize");
    expect(existsSync(request.outputDirectory)).toBe(false);
  });

  it("stops a program whose loss is no number any more", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("nan");
    const error = await failureOf(trainer.train(await requestFor(trainer, folder.path)));
    expect(error.message).toContain("the loss became NaN in step 3");
    expect(workersIn(error.logFile).some(isAlive)).toBe(false);
  });

  it.each([
    ["no-model", /left no adapter/],
    ["cut-off", /expected \d+ bytes, but the file has \d+/],
  ])("does not take a model that is not whole (%s)", async (behaviour, problem) => {
    using folder = temporaryFolder();
    const trainer = standInTrainer(behaviour);
    const request = await requestFor(trainer, folder.path);
    expect((await failureOf(trainer.train(request))).message).toMatch(problem);
    expect(existsSync(request.outputDirectory)).toBe(false);
  });

  it.each([
    ["whole-then-nothing", /it left no adapter in /],
    [
      "only-checkpoints-then-nothing",
      /it wrote no adapter: the one in \S+checkpoint-2 is of an earlier session/,
    ],
  ])(
    "does not take what a failed session left for what the next one made (%s)",
    async (behaviour, problem) => {
      using folder = temporaryFolder();
      const trainer = standInTrainer(behaviour);
      const request = await requestFor(trainer, folder.path);
      expect((await failureOf(trainer.train(request))).message).toContain("ended with code 9");
      expect((await failureOf(trainer.train(request))).message).toMatch(problem);
      expect(existsSync(request.outputDirectory)).toBe(false);
    },
  );

  it("goes on from the checkpoint of a failed session, without the model that it left", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("fail-once");
    const request = await requestFor(trainer, folder.path);
    const error = await failureOf(trainer.train(request));
    writeFileSync(join(dirname(error.logFile), "output", "left-behind.safetensors"), "");
    const progress: number[] = [];
    const { losses } = await trainer.train({ ...request, onProgress: ({ step }) => progress.push(step) });
    expect(progress).toEqual([3, 4]);
    expect(losses).toHaveLength(4);
    expect(existsSync(join(request.outputDirectory, "left-behind.safetensors"))).toBe(false);
  });

  it("refuses a model whose losses are no numbers, though it printed none of them", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("noted-nan");
    const request = await requestFor(trainer, folder.path);
    const error = await failureOf(trainer.train(request));
    expect(error.message).toContain("ended well, but one of its losses is NaN");
    expect(error.message).toMatch(/ends with:\n.*\n {2}done$/);
    expect(existsSync(request.outputDirectory)).toBe(false);
  });

  it("says so where no loss was told, and refuses that of a trainer that tells them", async () => {
    using folder = temporaryFolder();
    const notes: string[] = [];
    const command = standInTrainer("silent-model");
    const { losses } = await command.train(
      await requestFor(command, join(folder.path, "a"), { onNote: (text) => notes.push(text) }),
    );
    expect(losses).toEqual([]);
    expect(notes).toEqual([expect.stringMatching(/^command: it told no loss/)]);

    const program = join(folder.path, "swift");
    const weights = join(folder.path, "a", "model");
    const model = `mkdir -p "$out" && cp -r "${weights}" "$out/checkpoint-4"`;
    const script = `while [ "$1" != --output_dir ]; do shift; done; out="$2"; ${model}`;
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const swift = msSwiftTrainer({ model: "made-up/base", serve: noServer(), executable: [program] });
    const error = await failureOf(swift.train(await requestFor(swift, join(folder.path, "b"))));
    expect(error.message).toContain("ms-swift: it ended well, but it told no loss");
  });

  it("shows no value of its environment, and no key that it inherits, in its log and its errors", async () => {
    using folder = temporaryFolder();
    process.env.MADE_UP_API_KEY = "sk-inherited-0123456789";
    try {
      const environment = { HF_TOKEN: "hf_given_0123456789", CUDA_VISIBLE_DEVICES: "0,1" };
      const trainer = standInTrainer("print-environment", noServer(), { environment });
      const error = await failureOf(trainer.train(await requestFor(trainer, folder.path)));
      const log = readFileSync(error.logFile, "utf8");
      expect(log).toContain("HF_TOKEN=[redacted: HF_TOKEN]\n");
      expect(log).toContain("MADE_UP_API_KEY=[redacted: MADE_UP_API_KEY]\n");
      expect(log).toContain("CUDA_VISIBLE_DEVICES=0,1\n");
      for (const shown of [log, error.message]) expect(shown).not.toContain("0123456789");
    } finally {
      delete process.env.MADE_UP_API_KEY;
    }
  });

  it("is stopped when it prints nothing for longer than it may", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("hang-silently", noServer(), { silenceSeconds: 0.5 });
    const error = await failureOf(trainer.train(await requestFor(trainer, folder.path)));
    expect(error.message).toMatch(/printed nothing for 0.5 seconds, so it was stopped.*\n.*\n {2}loading$/);
    expect(error.hint).toContain("silenceSeconds");
  });

  it("leaves nothing running when it is aborted, and goes on from its checkpoint afterwards", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("hang-once");
    const controller = new AbortController();
    const request = await requestFor(trainer, folder.path, { signal: controller.signal });
    const log = join(`${request.outputDirectory}.training`, "log.txt");
    const training = trainer.train(request);
    const stopped = expect(training).rejects.toThrow(/enough/);
    await untilTrue(() => existsSync(log) && workersIn(log).length === 1);
    expect(workersIn(log).every(isAlive)).toBe(true);
    controller.abort(new Error("enough"));
    await stopped;
    expect(workersIn(log).some(isAlive)).toBe(false);

    const progress: TrainingProgress[] = [];
    const { signal: _, ...again } = request;
    const result = await trainer.train({ ...again, onProgress: (step) => progress.push(step) });
    expect(progress.map(({ step }) => step)).toEqual([3, 4]);
    // The checkpoint remembers the losses of the session before.
    expect(result.losses).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
    expect(readFileSync(log, "utf8").match(/^\$ /gm)).toHaveLength(2);
  });

  it("begins anew where another training was interrupted in the same place", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("good");
    const request = await requestFor(trainer, folder.path);
    const foreign = join(`${request.outputDirectory}.training`, "output", "checkpoint-9");
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, "trainer_state.json"), "{}");
    expect((await trainer.train(request)).losses).toHaveLength(4);
    const other = await trainer.train({ ...request, examples: madeUpExamples(2) });
    expect(other.usage.targetTokens).toBe(2 * 2 * 10);
  });

  it("is not run again if it had ended, and only its model was not in its place yet", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("good");
    const request = await requestFor(trainer, folder.path);
    const { policy, losses } = await trainer.train(request);
    const beside = `${request.outputDirectory}.training`;
    renameSync(request.outputDirectory, join(beside, "output"));

    const again = await trainer.train(request);
    expect(again.policy).toEqual(policy);
    expect(again.losses).toEqual(losses);
    expect(readFileSync(join(beside, "log.txt"), "utf8").match(/^\$ /gm)).toHaveLength(1);
  });

  it("is not run again if its model was in its place, and only nobody had taken note of it", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("good");
    const request = await requestFor(trainer, folder.path);
    const { policy, losses } = await trainer.train(request);
    const beside = `${request.outputDirectory}.training`;
    // Killed before this was removed. An earlier checkpoint in it must not be taken for the model.
    cpSync(request.outputDirectory, join(beside, "output", "checkpoint-1"), { recursive: true });

    const again = await trainer.train(request);
    expect(again).toMatchObject({ policy, losses });
    expect(readFileSync(join(beside, "log.txt"), "utf8").match(/^\$ /gm)).toHaveLength(1);
    expect(existsSync(join(beside, "output"))).toBe(false);
  });

  it("is run again if what stands in its place is another model", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("good");
    const request = await requestFor(trainer, folder.path);
    const { policy } = await trainer.train(request);
    writeFileSync(join(request.outputDirectory, "adapter_config.json"), "{}");
    expect((await trainer.train(request)).policy).toEqual(policy);
    const log = readFileSync(join(`${request.outputDirectory}.training`, "log.txt"), "utf8");
    expect(log.match(/^\$ /gm)).toHaveLength(2);
  });

  it("writes everything and starts nothing when it only prepares", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("good");
    const prepared = await trainer.prepare?.(await requestFor(trainer, folder.path));
    expect(prepared?.command).toMatch(/stand-in-trainer\.test-helpers\.ts good .*dataset\.jsonl .*output$/);
    expect(prepared?.summary).toMatch(/^3 rows/);
    expect(prepared?.files.every((file) => existsSync(file))).toBe(true);
    expect(existsSync(join(prepared?.folder ?? "", "log.txt"))).toBe(false);
  });

  it("refuses to train an adapter on top of another", async () => {
    using folder = temporaryFolder();
    const trainer = standInTrainer("good");
    const request = await requestFor(trainer, folder.path, {
      base: { location: "elsewhere", version: "v2" },
    });
    await expect(trainer.train(request)).rejects.toThrow(ConfigurationError);
  });
});

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { togetherFormat } from "../../../export/weighted-messages.ts";
import { checkedBaseUrl } from "../../../policy/chat/base-url.ts";
import { longestSeconds } from "../../../policy/chat/settings.ts";
import type { PolicyReference, Trainer, TrainingRequest } from "../../trainer.ts";
import { writeDataset } from "../dataset.ts";
import { describeCounts, remarksOn } from "../dataset-counts.ts";
import { ProgramFailedError } from "../errors.ts";
import { type LogFile, openLogFile } from "../process/log-file.ts";
import { hostedModel } from "../serving/hosted-model.ts";
import type { StudentOptions } from "../serving/model-server.ts";
import { learningRateOf, parseTrainerOptions, trainingSettings } from "../settings.ts";
import { quoted } from "../shell-text.ts";
import { identityOf, openWorkFolder, type WorkFolder } from "../work-folder.ts";
import { failedStatuses, type TogetherClient, type TogetherJob, togetherClient } from "./client.ts";

const optionsSchema = z.strictObject({
  /** A base model that Together can fine-tune. */
  model: trainingSettings.model,
  epochs: trainingSettings.epochs,
  learningRate: trainingSettings.learningRate,
  /** Examples of one optimiser step; "max" leaves it to the service. */
  batchSize: z.union([z.int().min(1), z.literal("max")]).default("max"),
  warmup: trainingSettings.warmup,
  schedule: z.enum(["linear", "cosine"]).default("cosine"),
  weightDecay: trainingSettings.weightDecay,
  clip: trainingSettings.clip,
  lora: trainingSettings.lora,
  /** Further fields of the job's description, under Together's names. */
  settings: trainingSettings.settings,
  baseUrl: z.url().default("https://api.together.xyz/v1"),
  /** Where models are served, if not there. */
  servingUrl: z.url().optional(),
  apiKeyEnvironmentVariable: z.string().min(1).default("TOGETHER_API_KEY"),
  /** Between two looks at the job. */
  pollSeconds: z.number().positive().max(longestSeconds).default(30),
  /** Whether an interruption cancels the job, as it ends a local training. With false, the same command waits for it again. */
  cancelOnAbort: z.boolean().default(true),
  /** How the student is asked. */
  student: z.custom<StudentOptions>((value) => typeof value === "object" && value !== null).default({}),
});
export type TogetherTrainerOptions = z.input<typeof optionsSchema>;
type Options = z.output<typeof optionsSchema>;

/** What is known of the job; kept in the folder, so that an interruption neither loses nor doubles what is paid for. */
const noteSchema = z.object({
  file: z.string(),
  job: z.string().optional(),
  /** The last job that ended without a model, or was cancelled. */
  ended: z.string().optional(),
});
const noteName = "job.json";

/** Fine-tunes at Together, and serves what it made there. The key is read from the environment, never stored or shown. */
export function togetherTrainer(input: TogetherTrainerOptions): Trainer {
  const options = parseTrainerOptions("togetherTrainer", optionsSchema, input);
  const { model, apiKeyEnvironmentVariable, student } = options;
  const baseUrl = checkedBaseUrl("togetherTrainer", options.baseUrl);
  const server = hostedModel({ baseUrl: options.servingUrl ?? baseUrl, apiKeyEnvironmentVariable, student });
  const description = { model, ...trainingDescription(options), serve: server.describe?.() };
  const base: PolicyReference = { location: model, version: `together:${model}` };
  const open = async (request: TrainingRequest) => {
    const folder = openWorkFolder(
      { ...request, outputDirectory: resolve(request.outputDirectory) },
      description,
    );
    const counts = await writeDataset(folder, request.examples, {
      format: togetherFormat,
      name: "dataset.jsonl",
    });
    const suffix = `eef-${identityOf(request, description).slice(0, 12)}`;
    const start = request.base.version === base.version ? {} : { from_checkpoint: request.base.location };
    return { folder, counts, body: (file: string) => ({ ...jobBody(options, file, suffix), ...start }) };
  };
  return {
    name: "together",
    describe: () => description,
    base: async () => base,
    open: async (reference, given) => await server.open({ ...reference, kind: "model", base: model }, given),
    prepare: async (request) => {
      const { folder, counts, body: bodyFor } = await open(request);
      folder.write("request.json", bodyFor("FILE_ID"));
      const [dataset, body] = [folder.file("dataset.jsonl"), folder.file("request.json")];
      return {
        folder: folder.path,
        files: [dataset, body],
        command: `together files upload ${quoted(dataset)} && curl ${quoted(`${baseUrl}/fine-tunes`)} -H "Authorization: Bearer $${apiKeyEnvironmentVariable}" -H "content-type: application/json" -d ${quoted(`@${body}`)}`,
        summary: describeCounts(counts),
      };
    },
    train: async (request) => {
      const started = performance.now();
      const { folder, counts, body } = await open(request);
      const remarks = remarksOn(counts).map((remark) => `together: ${remark}.`);
      for (const remark of remarks) request.onNote?.(remark);
      const job = await runJob(options, folder, body, request);
      const location = job.model_output_name ?? "";
      return {
        policy: { location, version: createHash("sha256").update(location).digest("hex").slice(0, 20) },
        usage: {
          trainedTokens: job.token_count ?? counts.tokens * options.epochs,
          targetTokens: counts.targetTokens * options.epochs,
          seconds: (performance.now() - started) / 1000,
        },
        // The service does not tell the losses.
        losses: [],
        remarks,
      };
    },
  };
}

function trainingDescription(options: Options) {
  const { epochs, batchSize, warmup, schedule, weightDecay, clip, lora, settings } = options;
  return {
    epochs,
    learningRate: learningRateOf(options),
    batchSize,
    warmup,
    schedule,
    weightDecay,
    clip,
    lora,
    settings,
  };
}

function jobBody(options: Options, file: string, suffix: string) {
  const { model, epochs, batchSize, warmup, schedule, weightDecay, clip, lora, settings } = options;
  return {
    training_file: file,
    model,
    suffix,
    n_epochs: epochs,
    n_checkpoints: 1,
    learning_rate: learningRateOf(options),
    batch_size: batchSize,
    warmup_ratio: warmup,
    weight_decay: weightDecay,
    max_grad_norm: clip,
    lr_scheduler:
      schedule === "linear"
        ? { lr_scheduler_type: "linear", lr_scheduler_args: { min_lr_ratio: 0 } }
        : { lr_scheduler_type: "cosine", lr_scheduler_args: { min_lr_ratio: 0, num_cycles: 0.5 } },
    training_method: { method: "sft", train_on_inputs: false },
    training_type:
      lora === false
        ? { type: "Full" }
        : {
            type: "Lora",
            lora_r: lora.rank,
            lora_alpha: lora.alpha,
            lora_dropout: lora.dropout,
            lora_trainable_modules: "all-linear",
          },
    ...settings,
  };
}

/** The description of a job, for an uploaded file. */
type JobBody = (file: string) => { readonly suffix: string };

/** Starts the job, or finds the one that an earlier session started, and waits for its end. */
async function runJob(
  options: Options,
  folder: WorkFolder,
  bodyFor: JobBody,
  request: TrainingRequest,
): Promise<TogetherJob> {
  const { signal, onProgress } = request;
  signal?.throwIfAborted();
  using log = openLogFile(folder.file("log.txt"));
  const client = togetherClient({ ...options, signal });
  const { file, job: id } = await findOrStart(client, folder, bodyFor, log);
  const shown = { events: 0, status: "" };
  try {
    for (;;) {
      const job = await client.job(id);
      const events = await client.events(id);
      for (const { message } of events.slice(shown.events)) log.append(message);
      if (job.status !== shown.status) log.append(`status: ${job.status}`);
      Object.assign(shown, { events: events.length, status: job.status });
      const last = events.findLast(({ step, total_steps }) => step != null && total_steps != null);
      if (last !== undefined)
        onProgress?.({ step: last.step ?? 0, steps: last.total_steps ?? 0, tokensPerSecond: 0 });
      if (job.status === "completed" && (job.model_output_name ?? "") !== "") return job;
      if (job.status === "completed" || failedStatuses.includes(job.status)) {
        folder.write(noteName, { file, ended: id });
        throw failed(id, job, log);
      }
      await setTimeout(options.pollSeconds * 1000, undefined, signal === undefined ? {} : { signal });
    }
  } catch (error) {
    if (signal?.aborted === true && options.cancelOnAbort) {
      await client.cancel(id);
      folder.write(noteName, { file, ended: id });
    }
    signal?.throwIfAborted();
    throw error;
  }
}

async function findOrStart(
  client: TogetherClient,
  folder: WorkFolder,
  bodyFor: JobBody,
  log: LogFile,
): Promise<{ readonly file: string; readonly job: string }> {
  const note = folder.read(noteName, noteSchema);
  const file = note?.file ?? (await client.upload(folder.file("dataset.jsonl")));
  if (note?.job !== undefined) return { file, job: note.job };
  folder.write(noteName, { ...note, file });
  const body = bodyFor(file);
  // A job whose start was not noted, because this process died at that moment. The suffix names the training.
  const lost = (await client.jobs()).find(
    (job) =>
      job.suffix === body.suffix &&
      job.training_file === file &&
      job.id !== note?.ended &&
      !["cancel_requested", ...failedStatuses].includes(job.status),
  );
  const { id } = lost ?? (await client.createJob(body));
  folder.write(noteName, { file, job: id });
  log.append(`job ${id}`);
  return { file, job: id };
}

function failed(id: string, { status }: TogetherJob, { path, lastLines }: LogFile): ProgramFailedError {
  return new ProgramFailedError({
    program: "together",
    problem:
      status === "completed"
        ? `job ${id} ended well, but names no model`
        : `job ${id} ended with the status "${status}"`,
    logFile: path,
    lastLines,
    hint: "The same command starts a new job with the same file.",
  });
}

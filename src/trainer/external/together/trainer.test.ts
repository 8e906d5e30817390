import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrainingProgress } from "../../trainer.ts";
import { type GivenAnswer, type SeenRequest, startService } from "../service.test-helpers.ts";
import { requestFor, temporaryFolder } from "../stand-in.test-helpers.ts";
import { type TogetherTrainerOptions, togetherTrainer } from "./trainer.ts";

const variable = "EEF_TEST_TOGETHER_KEY";
const key = "tgp_v1_very-secret";
const outputName = "someone/Meta-Llama-3-8B-Instruct-eef-1a2b3c";

beforeAll(() => {
  process.env[variable] = key;
});
afterAll(() => {
  delete process.env[variable];
});

interface Job {
  id: string;
  status: string;
  [field: string]: unknown;
}

/**
 * The service in the forms of its description (docs.together.ai/reference, and the tests of its Python client): the upload's
 * redirection to a storage, the job, its events.
 */
async function startTogether(
  behaviour: {
    statuses?: string[];
    jobs?: Job[];
    knownFile?: boolean;
    namelessJob?: string;
    onCreate?: () => void;
  } = {},
) {
  const { statuses = ["queued", "running", "completed"], jobs = [], knownFile = false } = behaviour;
  let looks = 0;
  return await startService(({ what, body }, origin): GivenAnswer => {
    if (what === "POST /v1/files") {
      if (knownFile) return { status: 409, body: { file_id: "file-known" } };
      const headers = { location: `${origin}/storage/x?signature=abc`, "x-together-file-id": "file-1" };
      return { status: 302, headers };
    }
    if (what.startsWith("PUT /storage/")) return {};
    if (what === "POST /v1/files/file-1/preprocess") {
      return { body: { id: "file-1", object: "file", purpose: "fine-tune", Processed: true } };
    }
    if (what === "GET /v1/fine-tunes") return { body: { data: jobs } };
    if (what === "POST /v1/fine-tunes") {
      const { suffix, training_file } = JSON.parse(body);
      jobs.push({ id: `ft-${jobs.length + 1}`, status: "pending", suffix, training_file });
      behaviour.onCreate?.();
      return { body: jobs.at(-1) };
    }
    if (what.endsWith("/cancel")) return { body: { id: "ft-1", status: "cancel_requested" } };
    if (what.endsWith("/events")) {
      const event = {
        object: "fine-tune-event",
        created_at: "",
        type: "epoch_complete",
        message: "step done",
      };
      return { body: { data: looks < 2 ? [] : [{ ...event, step: 2, total_steps: 4 }] } };
    }
    const status = statuses[Math.min(looks, statuses.length - 1)] ?? "";
    looks += 1;
    const id = what.split("/").at(-1);
    const isNamed = status === "completed" && id !== behaviour.namelessJob;
    return { body: { id, status, ...(isNamed ? { model_output_name: outputName, token_count: 1234 } : {}) } };
  });
}

function trainerAt(origin: string, changes: Partial<TogetherTrainerOptions> = {}) {
  return togetherTrainer({
    model: "meta-llama/Meta-Llama-3-8B-Instruct-Reference",
    baseUrl: `${origin}/v1`,
    apiKeyEnvironmentVariable: variable,
    pollSeconds: 0.01,
    ...changes,
  });
}

const whats = (requests: readonly SeenRequest[]) => [...new Set(requests.map(({ what }) => what))];

describe("Together", () => {
  it("gets the file, then the job, and gives the model's id", async () => {
    await using service = await startTogether();
    using folder = temporaryFolder();
    const trainer = trainerAt(service.origin, { lora: { rank: 8, alpha: 16 } });
    const progress: TrainingProgress[] = [];
    const request = await requestFor(trainer, folder.path, { onProgress: (step) => progress.push(step) });
    const { policy, usage } = await trainer.train(request);

    expect(policy.location).toBe(outputName);
    expect(usage.trainedTokens).toBe(1234);
    expect(progress.at(-1)).toMatchObject({ step: 2, steps: 4 });
    expect(whats(service.requests)).toEqual([
      "POST /v1/files",
      "PUT /storage/x?signature=abc",
      "POST /v1/files/file-1/preprocess",
      "GET /v1/fine-tunes",
      "POST /v1/fine-tunes",
      "GET /v1/fine-tunes/ft-1",
      "GET /v1/fine-tunes/ft-1/events",
    ]);
    const [start, upload] = service.requests;
    expect(start?.body).toBe("purpose=fine-tune&file_name=dataset.jsonl&file_type=jsonl");
    const row: unknown = JSON.parse(upload?.body.split("\n")[0] ?? "");
    expect(row).toMatchObject({
      messages: [{ role: "system" }, { role: "user" }, { weight: 0 }, {}, { weight: 1 }],
    });
    const job: unknown = JSON.parse(
      service.requests.find(({ what }) => what === "POST /v1/fine-tunes")?.body ?? "",
    );
    expect(job).toMatchObject({
      training_file: "file-1",
      suffix: expect.stringMatching(/^eef-[0-9a-f]{12}$/),
      n_epochs: 3,
      learning_rate: 1e-4,
      training_method: { method: "sft", train_on_inputs: false },
      training_type: { type: "Lora", lora_r: 8, lora_alpha: 16, lora_trainable_modules: "all-linear" },
    });
  });

  it("shows its key to the service only, never to the storage, a file or the description", async () => {
    await using service = await startTogether();
    using folder = temporaryFolder();
    const trainer = trainerAt(service.origin);
    const request = await requestFor(trainer, folder.path);
    await trainer.train(request);
    await trainer.prepare?.(request);
    for (const { what, authorization } of service.requests) {
      expect(authorization).toBe(what.startsWith("PUT /storage/") ? undefined : `Bearer ${key}`);
    }
    const beside = `${request.outputDirectory}.training`;
    for (const name of readdirSync(beside)) {
      expect(readFileSync(join(beside, name), "utf8")).not.toContain(key);
    }
    expect(JSON.stringify(trainer.describe?.())).not.toContain(key);
  });

  it("waits for the job that an earlier session started, and starts no second", async () => {
    await using service = await startTogether({ statuses: ["running"] });
    using folder = temporaryFolder();
    const controller = new AbortController();
    const trainer = trainerAt(service.origin, { cancelOnAbort: false });
    const request = await requestFor(trainer, folder.path, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(trainer.train(request)).rejects.toThrow(/enough/);
    expect(whats(service.requests)).not.toContain("POST /v1/fine-tunes/ft-1/cancel");

    await using later = await startTogether();
    const { signal: _, onProgress: __, ...again } = request;
    await trainerAt(later.origin, { cancelOnAbort: false }).train(again);
    expect(whats(later.requests)).toEqual(["GET /v1/fine-tunes/ft-1", "GET /v1/fine-tunes/ft-1/events"]);
  });

  it("finds a job again whose start it could not note", async () => {
    const jobs: Job[] = [];
    await using service = await startTogether({ jobs });
    using first = temporaryFolder();
    using second = temporaryFolder();
    const trainer = trainerAt(service.origin);
    await trainer.train(await requestFor(trainer, first.path));
    await trainer.train(await requestFor(trainer, second.path));
    expect(jobs).toHaveLength(1);
  });

  it("does not mind jobs in states that it does not know", async () => {
    const jobs: Job[] = [{ id: "ft-0", status: "a new state", suffix: "other" }];
    await using service = await startTogether({ statuses: ["a new state", "completed"], jobs });
    using folder = temporaryFolder();
    const trainer = trainerAt(service.origin);
    const { policy } = await trainer.train(await requestFor(trainer, folder.path));
    expect(policy.location).toBe(outputName);
  });

  it("does not take up again a job that ended without a model", async () => {
    const jobs: Job[] = [];
    await using service = await startTogether({ jobs, namelessJob: "ft-1" });
    using folder = temporaryFolder();
    const trainer = trainerAt(service.origin);
    const request = await requestFor(trainer, folder.path);
    await expect(trainer.train(request)).rejects.toThrow(/job ft-1 ended well, but names no model/);
    expect((await trainer.train(request)).policy.location).toBe(outputName);
    expect(jobs.map(({ id }) => id)).toEqual(["ft-1", "ft-2"]);
  });

  it("does not wait for a job that the service found at fault", async () => {
    await using service = await startTogether({ statuses: ["running", "user_error"] });
    using folder = temporaryFolder();
    const trainer = trainerAt(service.origin);
    const training = trainer.train(await requestFor(trainer, folder.path));
    await expect(training).rejects.toThrow(/ended with the status "user_error"/);
  });

  it("goes on from an earlier student where it is told to", async () => {
    await using service = await startTogether();
    using folder = temporaryFolder();
    const trainer = trainerAt(service.origin);
    const base = { location: "someone/model-eef-0", version: "v0" };
    await trainer.train(await requestFor(trainer, folder.path, { base }));
    const job = service.requests.find(({ what }) => what === "POST /v1/fine-tunes");
    expect(JSON.parse(job?.body ?? "")).toMatchObject({ from_checkpoint: "someone/model-eef-0" });
  });

  it("uses a file that is there already", async () => {
    await using service = await startTogether({ knownFile: true });
    using folder = temporaryFolder();
    const trainer = trainerAt(service.origin);
    await trainer.train(await requestFor(trainer, folder.path));
    expect(whats(service.requests)[1]).toBe("GET /v1/fine-tunes");
  });

  it("cancels the job of an interrupted run", async () => {
    await using service = await startTogether({ statuses: ["running"] });
    using folder = temporaryFolder();
    const controller = new AbortController();
    const trainer = trainerAt(service.origin);
    const request = await requestFor(trainer, folder.path, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(trainer.train(request)).rejects.toThrow(/enough/);
    expect(service.requests.at(-1)?.what).toBe("POST /v1/fine-tunes/ft-1/cancel");
  });

  it("cancels a job that was just being created when the run was interrupted", async () => {
    const controller = new AbortController();
    const jobs: Job[] = [];
    await using service = await startTogether({
      jobs,
      onCreate: () => controller.abort(new Error("enough")),
    });
    using folder = temporaryFolder();
    const trainer = trainerAt(service.origin);
    const request = await requestFor(trainer, folder.path, { signal: controller.signal });
    await expect(trainer.train(request)).rejects.toThrow(/enough/);
    expect(jobs).toHaveLength(1);
    expect(service.requests.at(-1)?.what).toBe("POST /v1/fine-tunes/ft-1/cancel");
  });

  it("tells why there is no model: a failed job, a refused key, a missing key", async () => {
    await using failing = await startTogether({ statuses: ["running", "error"] });
    using folder = temporaryFolder();
    const trainer = trainerAt(failing.origin);
    const request = await requestFor(trainer, folder.path);
    await expect(trainer.train(request)).rejects.toThrow(/job ft-1 ended with the status "error"/);

    await using refusing = await startService(() => ({
      status: 401,
      body: { error: { message: `Invalid API key ${key}`, type: "invalid_request_error" } },
    }));
    using other = temporaryFolder();
    const refused = trainerAt(refusing.origin).train({
      ...request,
      outputDirectory: join(other.path, "model"),
    });
    await expect(refused).rejects.toThrow(/status 401: .*Invalid API key \[redacted\]/);

    const keyless = trainerAt(refusing.origin, { apiKeyEnvironmentVariable: "EEF_TEST_NO_KEY" });
    using third = temporaryFolder();
    const missing = keyless.train({ ...request, outputDirectory: join(third.path, "model") });
    await expect(missing).rejects.toThrow(/EEF_TEST_NO_KEY is not set/);
  });
});

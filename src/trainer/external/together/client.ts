import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { readApiKey } from "../../../policy/chat/api-key.ts";
import { callService, type ServiceAnswer, ServiceError, type ServiceRequest } from "../http.ts";

/** https://docs.together.ai/reference/fine-tunes; the forms are those of its Python client, generated from the same description. */
const jobSchema = z.looseObject({
  id: z.string(),
  /** "pending", "queued", "running" and so on; a state that is not known here is one on the way. */
  status: z.string(),
  model_output_name: z.string().nullish(),
  suffix: z.string().nullish(),
  training_file: z.string().nullish(),
  token_count: z.number().nullish(),
  total_price: z.number().nullish(),
});
export type TogetherJob = z.infer<typeof jobSchema>;

/** The states in which a job has ended without a model. */
export const failedStatuses: readonly string[] = ["error", "user_error", "cancelled"];

const eventSchema = z.looseObject({
  message: z.string().catch(""),
  level: z.string().nullish(),
  step: z.number().nullish(),
  total_steps: z.number().nullish(),
});
export type TogetherEvent = z.infer<typeof eventSchema>;

const fileSchema = z.looseObject({ id: z.string() });
const knownFileSchema = z.looseObject({ file_id: z.string() });

export interface TogetherClientOptions {
  /** Up to `/v1`. */
  readonly baseUrl: string;
  readonly apiKeyEnvironmentVariable: string;
  readonly signal?: AbortSignal | undefined;
}

export interface TogetherClient {
  /** Uploads a dataset. @returns the file's id; of the earlier one, if the same file is there already. */
  upload(file: string): Promise<string>;
  createJob(body: object): Promise<TogetherJob>;
  job(id: string): Promise<TogetherJob>;
  jobs(): Promise<readonly TogetherJob[]>;
  events(id: string): Promise<readonly TogetherEvent[]>;
  cancel(id: string): Promise<void>;
}

const uploadTimeoutSeconds = 600;
const readRetries = 5;
/** For requests that the abort of the run must not cut off: a job that is being created would run on unknown, and nobody would cancel it. */
const unstoppable = { signal: undefined };

/** The part of Together's interface that fine-tuning needs. Only what may be asked twice is tried again by itself. */
export function togetherClient({
  baseUrl,
  apiKeyEnvironmentVariable,
  signal,
}: TogetherClientOptions): TogetherClient {
  const url = (path: string) => `${baseUrl.replace(/\/+$/, "")}${path}`;
  const call = (request: ServiceRequest) =>
    callService({ signal, ...request, key: readApiKey("togetherTrainer", apiKeyEnvironmentVariable) });
  const get = (path: string) => call({ url: url(path), method: "GET", retries: readRetries });
  const post = (path: string, body: object, more: Partial<ServiceRequest> = {}) =>
    call({
      url: url(path),
      method: "POST",
      contentType: "application/json",
      body: JSON.stringify(body),
      ...more,
    });

  return {
    upload: async (file) => {
      // The service answers with an address of its storage; the file goes there, without the key.
      const started = await call({
        url: url("/files"),
        method: "POST",
        body: new URLSearchParams({ purpose: "fine-tune", file_name: basename(file), file_type: "jsonl" }),
        accepted: [302, 409],
      });
      if (started.status === 409) return parse(started, knownFileSchema, "POST /files").file_id;
      const address = started.headers.get("location");
      const id = started.headers.get("x-together-file-id");
      if (started.status !== 302 || address === null || id === null) {
        throw new ServiceError("POST /files", started.status, "expected the address for an upload");
      }
      await callService({
        url: address,
        method: "PUT",
        body: await readFile(file),
        contentType: "application/octet-stream",
        retries: 3,
        timeoutSeconds: uploadTimeoutSeconds,
        signal,
      });
      return parse(await post(`/files/${id}/preprocess`, {}), fileSchema, "POST /files/…/preprocess").id;
    },
    createJob: async (body) =>
      parse(await post("/fine-tunes", body, unstoppable), jobSchema, "POST /fine-tunes"),
    job: async (id) => parse(await get(`/fine-tunes/${id}`), jobSchema, "GET /fine-tunes/…"),
    jobs: async () =>
      parse(await get("/fine-tunes"), z.object({ data: z.array(jobSchema) }), "GET /fine-tunes").data,
    events: async (id) =>
      parse(
        await get(`/fine-tunes/${id}/events`),
        z.object({ data: z.array(eventSchema) }),
        "GET /fine-tunes/…/events",
      ).data,
    cancel: async (id) => {
      await call({
        url: url(`/fine-tunes/${id}/cancel`),
        method: "POST",
        retries: readRetries,
        ...unstoppable,
      });
    },
  };
}

function parse<Schema extends z.ZodType>(
  { text, status }: ServiceAnswer,
  schema: Schema,
  what: string,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ServiceError(what, status, "not JSON");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ServiceError(what, status, `unexpected form: ${issue?.path.join(".")}: ${issue?.message}`);
}

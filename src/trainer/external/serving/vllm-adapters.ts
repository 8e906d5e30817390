import process from "node:process";
import { z } from "zod";
import { ConfigurationError } from "../../../errors.ts";
import { readApiKey } from "../../../policy/chat/api-key.ts";
import { checkedBaseUrl } from "../../../policy/chat/base-url.ts";
import { callService, ServiceError, type ServiceRequest } from "../http.ts";
import {
  describeStudent,
  keyVariable,
  type ModelServer,
  parseServerOptions,
  type ServedModel,
  serverSettings,
  studentPolicy,
  studentTraffic,
} from "./model-server.ts";
import { servedModels } from "./served-models.ts";

const optionsSchema = z.strictObject({
  ...serverSettings,
  apiKeyEnvironmentVariable: keyVariable,
  /** The base model's name on the server (`--served-model-name`). Default: the model of the trainer. */
  baseName: z.string().min(1).optional(),
  /** Where the server finds an adapter that lies here in this directory, if it has another file system. */
  path: z
    .custom<(directory: string) => string>((value) => typeof value === "function", "expected a function")
    .default(() => (directory: string) => directory),
});
export type VllmAdaptersOptions = z.input<typeof optionsSchema>;

/** Adapters of ranks above 16 and the like: loading takes moments, but a busy server may let it wait. */
const loadingTimeoutSeconds = 300;
const unloadingTimeoutSeconds = 30;

/**
 * Loads each new adapter into the vLLM server that runs at `baseUrl`, and unloads it when the student is closed. It needs `--enable-lora`,
 * `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True` and a `--max-lora-rank` of at least the adapter's rank.
 *
 * An adapter's name contains its version, so no two adapters ever have the same: under a used name vLLM would go on
 * serving cached prefixes of the old one.
 */
export function vllmAdapters(input: VllmAdaptersOptions): ModelServer {
  const options = parseServerOptions("vllmAdapters", optionsSchema, input);
  const { apiKeyEnvironmentVariable, path, student } = options;
  const baseUrl = checkedBaseUrl("vllmAdapters", options.baseUrl);
  const traffic = studentTraffic(student);
  const key = () =>
    apiKeyEnvironmentVariable === undefined
      ? undefined
      : readApiKey("vllmAdapters", apiKeyEnvironmentVariable);
  const post: Post = (endpoint, body, limits) =>
    callService({
      url: `${baseUrl}/${endpoint}`,
      method: "POST",
      key: key(),
      contentType: "application/json",
      body: JSON.stringify(body),
      ...limits,
    });
  const policyOf = (model: ServedModel, name: string, close: () => Promise<void>) =>
    studentPolicy({ model, name, baseUrl, apiKeyEnvironmentVariable, options: student, traffic, close });

  return {
    name: "vllm-adapters",
    adaptersOnly: true,
    describe: () => describeStudent(student),
    open: async (model, { signal } = {}) => {
      if (model.kind === "model") {
        if (model.location !== model.base) throw notAnAdapter(model);
        return policyOf(model, options.baseName ?? model.base, async () => {});
      }
      const name = `eef-${model.version}`;
      const close = () => unload(post, name);
      try {
        await load(post, name, path(model.location), signal);
        if (!(await servedModels(baseUrl, { key: key(), signal })).includes(name)) {
          throw new ServiceError(`${baseUrl}/models`, 200, `it does not list the adapter ${name}`);
        }
        return policyOf(model, name, close);
      } catch (error) {
        // It may be loaded though the loading was cut off. What went wrong first is what counts.
        await close().catch(() => {});
        throw error;
      }
    },
  };
}

type Post = (
  endpoint: string,
  body: object,
  limits: Pick<ServiceRequest, "timeoutSeconds" | "signal">,
) => Promise<unknown>;

async function load(post: Post, name: string, path: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    const limits = { timeoutSeconds: loadingTimeoutSeconds, signal };
    await post("load_lora_adapter", { lora_name: name, lora_path: path }, limits);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // Left by a session that was killed. The name tells that it is the same adapter.
    if (error.status === 400 && error.message.includes("already been loaded")) return;
    // Nobody there, or not for us: its own words say what to do.
    const isAboutAdapter = error.status !== undefined && error.status !== 401 && error.status !== 403;
    throw isAboutAdapter ? explained(error, name) : error;
  }
}

/**
 * An adapter that is gone already, or a server that is, leaves nothing to do. One that stays takes memory, but no result is worse for it:
 * that is a warning.
 */
async function unload(post: Post, name: string): Promise<void> {
  try {
    await post("unload_lora_adapter", { lora_name: name }, { timeoutSeconds: unloadingTimeoutSeconds });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.status === undefined || error.status === 404) return;
    process.emitWarning(
      `vLLM did not unload the adapter ${name}, which it goes on to hold. ${error.message}`,
    );
  }
}

function explained(error: ServiceError, name: string): Error {
  const hint =
    error.status === 404 && !error.message.includes("No adapter found")
      ? "Was the server started with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and --enable-lora?"
      : /rank/i.test(error.message)
        ? "Start the server with a --max-lora-rank of at least the adapter's rank."
        : "Does the server see the adapter's directory? If it has another file system, `path` translates.";
  return new ConfigurationError(`vLLM did not load the adapter ${name}. ${error.message}`, {
    hint,
    cause: error,
  });
}

function notAnAdapter({ location }: ServedModel): ConfigurationError {
  return new ConfigurationError(
    `vllmAdapters cannot serve the whole model ${location}: it loads adapters only.`,
    {
      hint: "Train adapters (leave `lora` on), or serve with restartedServer({ ... }).",
    },
  );
}

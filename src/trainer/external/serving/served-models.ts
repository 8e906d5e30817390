import { z } from "zod";
import { callService, ServiceError } from "../http.ts";

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/**
 * The names that an OpenAI-compatible server serves, from `GET /v1/models`.
 * @throws ServiceError if there is no such answer.
 */
export async function servedModels(
  baseUrl: string,
  { key, signal }: { readonly key?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  const url = `${baseUrl.replace(/\/+$/, "")}/models`;
  const { text, status } = await callService({ url, method: "GET", key, signal, timeoutSeconds: 10 });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Answered below.
  }
  const parsed = modelsSchema.safeParse(json);
  if (parsed.success) return parsed.data.data.map(({ id }) => id);
  throw new ServiceError(
    `GET ${url}`,
    status,
    "not a list of models",
    "Does `baseUrl` end where `/models` begins (usually in /v1)?",
  );
}

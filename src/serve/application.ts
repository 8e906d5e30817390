import { type Context, Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { ApiError } from "./api-error.ts";
import type { ChatModel } from "./chat-model.ts";
import { complete, prepareCompletion, streamCompletion, unknownModel } from "./completion.ts";
import { parseCompletionRequest } from "./completion-request.ts";

/** Far more text than any context here holds. */
const maximumBodyBytes = 1024 * 1024;
/** Messages being written or waiting to be; a client that is refused may ask again. */
const maximumMessages = 1024;

export interface ApplicationOptions {
  /** Names under which the server may be addressed. Left out: any. */
  readonly hostNames?: readonly string[];
  /** Told of failures that are not the client's. */
  readonly onFailure?: (error: unknown) => void;
}

/** The routes of an OpenAI-compatible server with one model, without the network. */
export function createApplication(model: ChatModel, options: ApplicationOptions = {}): Hono {
  const { hostNames, onFailure = () => {} } = options;
  const description = {
    id: model.name,
    object: "model",
    created: Math.floor(Date.now() / 1000),
    owned_by: "eef",
  };
  let pending = 0;

  const failed = (error: unknown): ApiError => {
    if (error instanceof ApiError) return error;
    onFailure(error);
    return new ApiError(500, "The model failed to answer. The server's own output says why.");
  };

  const app = new Hono();
  app.onError((error, c) => {
    if (error instanceof ClientGoneError) return unread();
    const answer = failed(error);
    return c.json(answer, answer.status);
  });
  app.notFound((c) => {
    throw new ApiError(404, `There is nothing at ${c.req.method} ${c.req.path.slice(0, 200)}.`);
  });
  // A page from elsewhere may reach a server on loopback through a name of its own that leads there.
  app.use(async (c, next) => {
    if (hostNames !== undefined && !hostNames.includes(new URL(c.req.url).hostname)) {
      throw new ApiError(403, `This server is addressed as ${hostNames.join(" or ")} only.`);
    }
    await next();
  });

  app.get("/health", (c) => c.json({ status: "ok" }));
  app.get("/v1/models", (c) => c.json({ object: "list", data: [description] }));
  app.get("/v1/models/:name{.+}", (c) => {
    const name = c.req.param("name");
    if (name !== model.name) throw unknownModel(name, model.name);
    return c.json(description);
  });

  app.post("/v1/chat/completions", async (c) => {
    const prepared = prepareCompletion(model, parseCompletionRequest(await readJson(c)));
    const { choices, stream } = prepared.request;
    if (pending + choices > maximumMessages) {
      throw new ApiError(503, `${pending} messages are waiting already. Try again later.`, {
        code: "overloaded",
      });
    }
    const { signal } = c.req.raw;
    pending += choices;
    if (!stream) {
      try {
        return c.json(await complete(model, prepared, signal));
      } catch (error) {
        if (signal.aborted) return unread();
        throw error;
      } finally {
        pending -= choices;
      }
    }
    return streamSSE(c, async (events) => {
      // The chunks are sent one after another, whether or not the client takes them as fast as they are written.
      let sent: Promise<unknown> = Promise.resolve();
      const send = (data: string) => {
        sent = sent.then(() => events.writeSSE({ data }));
      };
      try {
        await streamCompletion(model, prepared, signal, (chunk) => send(JSON.stringify(chunk)));
        send("[DONE]");
      } catch (error) {
        if (!signal.aborted) send(JSON.stringify(failed(error)));
      } finally {
        pending -= choices;
      }
      await sent;
    });
  });

  const wrongMethod = (allowed: string) => (c: Context) => {
    const error = new ApiError(405, `${c.req.path} takes ${allowed}, not ${c.req.method}.`);
    return c.json(error, error.status, { allow: allowed });
  };
  app.all("/v1/chat/completions", wrongMethod("POST"));
  for (const path of ["/health", "/v1/models", "/v1/models/*"]) app.all(path, wrongMethod("GET"));
  return app;
}

/** The client's connection ended before its request was complete, or the request took too long to come. */
class ClientGoneError extends Error {}

/** An answer that nobody reads; 499 is what servers write into their logs where the client has gone. */
function unread(): Response {
  return new Response(null, { status: 499 });
}

/**
 * @throws ApiError: 415 for another content type (which a page from elsewhere could send without being asked for
 * permission), 413 for more than `maximumBodyBytes`, 400 for what is no JSON.
 * @throws ClientGoneError if the body does not come to its end.
 */
async function readJson(c: Context): Promise<unknown> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ApiError(415, "The content-type has to be application/json.", {
      code: "unsupported_media_type",
    });
  }
  const text = await readBody(c);
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, "The body is not JSON.", { code: "invalid_json" });
  }
}

async function readBody(c: Context): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of c.req.raw.body ?? []) {
      size += chunk.byteLength;
      if (size <= maximumBodyBytes) chunks.push(chunk);
      // A client hears no answer before it has sent all, so more than is wanted is read and dropped, within reason.
      else if (size > 16 * maximumBodyBytes) break;
    }
  } catch (cause) {
    throw new ClientGoneError("the request was broken off", { cause });
  }
  if (size > maximumBodyBytes) {
    throw new ApiError(413, `The body is longer than ${maximumBodyBytes} bytes.`, {
      code: "request_too_large",
    });
  }
  return Buffer.concat(chunks).toString("utf8");
}

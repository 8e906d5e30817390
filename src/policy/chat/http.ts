import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { ChatTimeoutError, type Timeout } from "./chat-timeout-error.ts";

export interface HttpLimits {
  readonly connectTimeoutSeconds: number;
  /** Between two bytes of the answer. */
  readonly stallTimeoutSeconds: number;
  /** From sending the request to the last byte of the answer. */
  readonly timeoutSeconds: number;
  readonly maximumAnswerBytes: number;
}

export interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the answer's bytes come while the model writes, so that silence after the headers is a stall. */
  readonly streams: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly isEventStream: boolean;
  readonly text: string;
}

export interface HttpClient extends Disposable {
  /**
   * Posts JSON. Redirects are not followed: they would drop the body or take the key elsewhere.
   *
   * Throws a ChatTimeoutError, an AnswerTooLongError, the reason of `signal`, or what went wrong on the network.
   */
  post(request: HttpRequest): Promise<HttpAnswer>;
}

export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";
}

/** `fetch` can tell neither the time of a connection nor a stall apart from a slow answer; hence Node's own client. */
export function createHttpClient(url: string, limits: HttpLimits): HttpClient {
  const isSecure = url.startsWith("https:");
  const agent = isSecure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const connected = isSecure ? "secureConnect" : "connect";

  const post = (request: HttpRequest): Promise<HttpAnswer> => {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const { signal } = request;
    const timers = new Map<Timeout, NodeJS.Timeout>();
    const start = (timeout: Timeout, seconds: number) => {
      // A socket may still be handed to a request that was given up.
      if (sent.destroyed) return;
      timers.set(
        timeout,
        setTimeout(() => fail(new ChatTimeoutError(url, timeout, seconds)), seconds * 1000),
      );
    };
    const finish = () => {
      for (const timer of timers.values()) clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: unknown) => {
      finish();
      // Only the first failure counts; destroying the request causes others.
      reject(error);
      sent.destroy();
    };
    const abort = () => fail(signal?.reason);

    const sent = (isSecure ? httpsRequest : httpRequest)(url, {
      method: "POST",
      agent,
      headers: {
        "content-type": "application/json",
        accept: request.streams ? "text/event-stream" : "application/json",
        ...request.headers,
        "content-length": String(Buffer.byteLength(request.body)),
      },
    });
    start("total", limits.timeoutSeconds);
    signal?.addEventListener("abort", abort, { once: true });
    sent.on("error", fail);
    sent.on("socket", (socket) => {
      if (!socket.connecting) return;
      start("connect", limits.connectTimeoutSeconds);
      socket.once(connected, () => clearTimeout(timers.get("connect")));
    });
    sent.on("response", (response) => {
      if (request.streams) start("stall", limits.stallTimeoutSeconds);
      read(response, limits, () => {
        if (timers.has("stall")) timers.get("stall")?.refresh();
        else start("stall", limits.stallTimeoutSeconds);
      }).then((text) => {
        finish();
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers["retry-after"],
          isEventStream: response.headers["content-type"]?.startsWith("text/event-stream") ?? false,
          text,
        });
      }, fail);
    });
    sent.end(request.body);
    return promise;
  };
  return {
    post: async (request) => {
      request.signal?.throwIfAborted();
      return await post(request);
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

async function read(response: IncomingMessage, limits: HttpLimits, onBytes: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    onBytes();
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > limits.maximumAnswerBytes) {
      throw new AnswerTooLongError(`its answer is longer than ${limits.maximumAnswerBytes} bytes`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { Advance } from "./answer-reader.ts";
import { ChatTimeoutError, type Timeout } from "./chat-timeout-error.ts";

export interface HttpLimits {
  readonly connectTimeoutSeconds: number;
  /** Between two pieces of the answer. */
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
  /** Is given each piece of an answer with a status of 2xx, and says when there is enough of it. */
  readonly read: (text: string) => Advance;
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Of an answer with a status other than 2xx. */
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

/** How long a completion that only lacks its counts waits for them. */
const graceMilliseconds = 1000;
/** How long the rest of an answer that is not needed may take before its connection is given up. */
const drainMilliseconds = 1000;

/** `fetch` can tell neither the time of a connection nor a stall apart from a slow answer; hence Node's own client. */
export function createHttpClient(url: string, limits: HttpLimits): HttpClient {
  const isSecure = url.startsWith("https:");
  const agent = isSecure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const connected = isSecure ? "secureConnect" : "connect";

  const post = (request: HttpRequest): Promise<HttpAnswer> => {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const { signal } = request;
    const timers = new Map<Timeout | "grace", NodeJS.Timeout>();
    const start = (timeout: Timeout, seconds: number) => {
      // A socket may still be handed to a request that was given up.
      if (sent.destroyed) return;
      timers.set(
        timeout,
        setTimeout(() => fail(new ChatTimeoutError(url, timeout, seconds)), seconds * 1000),
      );
    };
    const stopTimers = () => {
      for (const timer of timers.values()) clearTimeout(timer);
    };
    const finish = () => {
      stopTimers();
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: unknown) => {
      finish();
      // Only the first failure counts; destroying the request causes others.
      reject(error);
      sent.destroy();
    };
    const abort = () => fail(signal?.reason);
    let broken: (error: Error) => void = fail;

    const receive = (response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      const isSuccess = status >= 200 && status <= 299;
      const body = decompressed(response);
      const decoder = new TextDecoder();
      let text = "";
      let size = 0;
      let advance: Advance = "none";
      const succeed = () => {
        advance = "all";
        finish();
        resolve({ status, retryAfter: response.headers["retry-after"], text });
        drain(response);
      };
      const end = (error?: Error) => {
        if (advance === "all") return;
        // What was only waited for need not come.
        if (error === undefined || advance === "almost-all") succeed();
        else fail(error);
      };
      broken = end;
      const take = (piece: string) => {
        if (isSuccess) advance = request.read(piece);
        else {
          text += piece;
          advance = "some";
        }
        if (advance === "all") return succeed();
        if (advance === "some") {
          if (timers.has("stall")) timers.get("stall")?.refresh();
          else start("stall", limits.stallTimeoutSeconds);
        } else if (advance === "almost-all" && !timers.has("grace")) {
          stopTimers();
          timers.set("grace", setTimeout(succeed, graceMilliseconds));
        }
      };
      if (request.streams) start("stall", limits.stallTimeoutSeconds);
      body.on("data", (bytes: Buffer) => {
        if (advance === "all") return;
        size += bytes.byteLength;
        if (size > limits.maximumAnswerBytes) {
          fail(new AnswerTooLongError(`its answer is longer than ${limits.maximumAnswerBytes} bytes`));
        } else take(decoder.decode(bytes, { stream: true }));
      });
      body.on("error", end);
      body.on("end", () => {
        if (advance !== "all") take(decoder.decode());
        end();
      });
    };

    const sent = (isSecure ? httpsRequest : httpRequest)(url, {
      method: "POST",
      agent,
      headers: {
        "content-type": "application/json",
        accept: request.streams ? "text/event-stream" : "application/json",
        "accept-encoding": "identity",
        ...request.headers,
        "content-length": String(Buffer.byteLength(request.body)),
      },
    });
    start("total", limits.timeoutSeconds);
    signal?.addEventListener("abort", abort, { once: true });
    sent.on("error", (error) => broken(error));
    sent.on("socket", (socket) => {
      if (!socket.connecting) return;
      start("connect", limits.connectTimeoutSeconds);
      socket.once(connected, () => clearTimeout(timers.get("connect")));
    });
    sent.on("response", receive);
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

const decompressors: Readonly<Record<string, (() => NodeJS.ReadWriteStream & Readable) | undefined>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** Some servers compress without being asked. */
function decompressed(response: IncomingMessage): Readable {
  const decompressor = decompressors[response.headers["content-encoding"]?.trim().toLowerCase() ?? ""];
  if (decompressor === undefined) return response;
  // Its errors come out of the decompressor's end.
  return pipeline(response, decompressor(), () => {});
}

/** Reads what is left, so that the connection can be used again; if that takes long, it is not worth it. */
function drain(response: IncomingMessage): void {
  if (response.complete) return;
  response.resume();
  const timer = setTimeout(() => response.destroy(), drainMilliseconds);
  timer.unref();
  response.once("close", () => clearTimeout(timer));
}

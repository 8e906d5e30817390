import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { ConfigurationError } from "../errors.ts";
import { createApplication } from "./application.ts";
import type { ChatModel } from "./chat-model.ts";

export interface ServerOptions {
  /** The address to listen at. Default "127.0.0.1": this machine only. */
  readonly host?: string;
  /** Default 8000; 0 is any free port. */
  readonly port?: number;
  /** How long a request may take to come in, headers and body. Default 60,000. */
  readonly requestMilliseconds?: number;
  /** Told of failures that are not the client's. */
  readonly onFailure?: (error: unknown) => void;
}

export interface ChatServer extends AsyncDisposable {
  /** Up to where `/chat/completions` begins: "http://127.0.0.1:8000/v1". */
  readonly baseUrl: string;
  /**
   * Takes no further requests, and resolves when those that are being answered are done, or have been broken off after
   * the given time.
   */
  close(graceMilliseconds: number): Promise<void>;
}

const loopback = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Offers a model as an OpenAI-compatible server: `/v1/chat/completions`, `/v1/models` and `/health`. The model stays
 * open when the server is closed.
 * @throws ConfigurationError if the address cannot be listened at.
 */
export async function startServer(model: ChatModel, options: ServerOptions = {}): Promise<ChatServer> {
  const { host = "127.0.0.1", port = 8000, requestMilliseconds = 60_000, onFailure } = options;
  const isLocal = loopback.includes(inUrl(host));
  const app = createApplication(model, {
    ...(isLocal ? { hostNames: loopback } : {}),
    ...(onFailure === undefined ? {} : { onFailure }),
  });
  const limits = {
    headersTimeout: requestMilliseconds,
    requestTimeout: requestMilliseconds,
    connectionsCheckingInterval: requestMilliseconds / 2,
  };
  const server = createServer(limits, getRequestListener(app.fetch));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(cannotListen(host, port, error)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const actualPort = address === null || typeof address === "string" ? port : address.port;

  let closed: Promise<void> | undefined;
  const close = (graceMilliseconds: number): Promise<void> => {
    closed ??= new Promise((resolve) => {
      const timer = setTimeout(() => server.closeAllConnections(), graceMilliseconds);
      // A connection that is kept alive would hold the server open after its last answer.
      const sweeper = setInterval(() => server.closeIdleConnections(), 50);
      server.close(() => {
        clearTimeout(timer);
        clearInterval(sweeper);
        resolve();
      });
    });
    return closed;
  };
  return {
    baseUrl: `http://${inUrl(host)}:${actualPort}/v1`,
    close,
    [Symbol.asyncDispose]: () => close(0),
  };
}

/** IPv6 addresses stand in brackets there. */
function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function cannotListen(host: string, port: number, error: NodeJS.ErrnoException): ConfigurationError {
  const where = `${inUrl(host)}:${port}`;
  if (error.code === "EADDRINUSE") {
    return new ConfigurationError(`${where} is in use by another program.`, {
      hint: "Take another port: --port 8001, or --port 0 for any free one.",
    });
  }
  return new ConfigurationError(`Cannot listen at ${where}: ${error.message}`, {
    hint: "Is --host an address of this machine, and --port one that you may use (above 1023)?",
  });
}

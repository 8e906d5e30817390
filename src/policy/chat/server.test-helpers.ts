import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** One request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** A chat server on loopback for tests: it gives the answers of a list in turn, and the last one for ever. */
export interface TestServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly requests: readonly SeenRequest[];
}

export async function startTestServer(...answers: readonly Answer[]): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const request: SeenRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      authorization: incoming.headers.authorization,
      headers: incoming.headers,
      body: JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}"),
    };
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(request);
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected an address with a port");
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A chat completion with this content, as vLLM and others give it. */
export function completion(content: string | null, more: Record<string, unknown> = {}): Answer {
  return (request, response) =>
    json(200, {
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model: request.body.model,
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: { prompt_tokens: 100, completion_tokens: 12, total_tokens: 112 },
      ...more,
    })(request, response);
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
}

export function text(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, { "content-type": "text/html", ...headers });
    response.end(body);
  };
}

/** A completion whose message is a call of a tool. */
export function toolCall(name: string, given: unknown, content: string | null = null): Answer {
  const call = {
    id: "call_from_the_server",
    type: "function",
    function: { name, arguments: typeof given === "string" ? given : JSON.stringify(given) },
  };
  return completion(null, {
    choices: [
      { index: 0, message: { role: "assistant", content, tool_calls: [call] }, finish_reason: "tool_calls" },
    ],
  });
}

/** Server-sent events, one for each datum, and `[DONE]` unless the stream is to break off. */
export function eventStream(data: readonly unknown[], end: "done" | "broken-off" = "done"): Answer {
  return (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.write(": a comment, as proxies send to keep a connection open\n\n");
    for (const datum of data) response.write(`data: ${JSON.stringify(datum)}\n\n`);
    response.end(end === "done" ? "data: [DONE]\n\n" : "");
  };
}

/** Never answers. */
export const silence: Answer = () => {};

/** Closes the connection without an answer. */
export const reset: Answer = (_, response) => {
  response.socket?.resetAndDestroy();
};

/** Promises more than it sends, then closes the connection. */
export const cutOff: Answer = (_, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"choices": [');
  setImmediate(() => response.socket?.destroy());
};

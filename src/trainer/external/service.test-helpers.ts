import { createServer } from "node:http";

/** One request as the service saw it. */
export interface SeenRequest {
  /** "POST /v1/files" */
  readonly what: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface GivenAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is; anything else as JSON. */
  readonly body?: unknown;
}

export interface TestService extends AsyncDisposable {
  /** "http://127.0.0.1:<port>" */
  readonly origin: string;
  readonly requests: readonly SeenRequest[];
}

/** A service on loopback that answers as it is told. */
export async function startService(
  answer: (request: SeenRequest, origin: string) => GivenAnswer,
): Promise<TestService> {
  const requests: SeenRequest[] = [];
  let origin = "";
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const request = {
      what: `${incoming.method} ${incoming.url}`,
      authorization: incoming.headers.authorization,
      body: Buffer.concat(chunks).toString("utf8"),
    };
    requests.push(request);
    const { status = 200, headers = {}, body = "" } = answer(request, origin);
    response.writeHead(status, headers);
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected an address with a port");
  origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import { createServer } from "node:net";
import process from "node:process";
import { expect, it } from "vitest";
import { restartedServer } from "./restarted-server.ts";

/** Answers once, and dies of the second question. */
const dying = `
  let asked = 0;
  require("node:http").createServer(async (request, response) => {
    for await (const _ of request);
    response.setHeader("content-type", "application/json");
    if (request.url.endsWith("/models")) return response.end('{"data":[{"id":"m"}]}');
    asked += 1;
    if (asked > 1) {
      console.error("CUDA error: an illegal memory access was encountered");
      return process.exit(134);
    }
    response.end('{"choices":[{"message":{"content":"Action: look"},"finish_reason":"stop"}]}');
  }).listen(Number(process.argv[1]), "127.0.0.1");
`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

it("a student whose server ends by itself says so, with the server's last words, and that no episode can be played", async () => {
  const port = await freePort();
  const server = restartedServer({
    command: () => [process.execPath, "-e", dying, String(port)],
    baseUrl: `http://127.0.0.1:${port}/v1`,
    stopGraceSeconds: 0.2,
    student: { retries: 0 },
  });
  const model = { location: "/models/v1", version: "v1", kind: "model", base: "/models/v0" } as const;
  await using policy = await server.open(model);
  const act = { messages: [{ role: "user" as const, content: "Go." }], seed: 1, turn: 0, temperature: 0 };
  expect((await policy.act(act)).message).toBe("Action: look");
  for (const turn of [1, 2]) {
    await expect(policy.act({ ...act, turn })).rejects.toMatchObject({
      name: "ServerEndedError",
      isPermanent: true,
      message: expect.stringMatching(/has ended by itself, with code 134\. Its log is .*\n.*CUDA error/s),
    });
  }
});

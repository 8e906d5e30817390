import { connect, createServer } from "node:net";
import process from "node:process";
import { describe, expect, it, vi } from "vitest";
import { ConfigurationError } from "../../../errors.ts";
import { ProgramFailedError } from "../errors.ts";
import { isAlive } from "../process/alive.test-helpers.ts";
import { type GivenAnswer, startService } from "../service.test-helpers.ts";
import { hostedModel } from "./hosted-model.ts";
import type { ServedModel, StudentOptions } from "./model-server.ts";
import { restartedServer } from "./restarted-server.ts";
import { vllmAdapters } from "./vllm-adapters.ts";

const base = "meta-llama/Meta-Llama-3-8B-Instruct";
const adapter = (version: string): ServedModel => ({
  location: `/models/${version}`,
  version,
  kind: "adapter",
  base,
});
const act = { messages: [{ role: "user" as const, content: "Go." }], seed: 1, turn: 0, temperature: 0 };

function completion(model: unknown): GivenAnswer {
  return {
    body: {
      choices: [{ message: { content: `Action: say[${model}]` }, finish_reason: "stop" }],
      usage: { prompt_tokens: 5, completion_tokens: 3 },
    },
  };
}

/** vLLM's adapter endpoints, with its own words (vllm/entrypoints/openai/serving_models.py). */
async function startVllm() {
  const loaded = new Map<string, string>();
  const refuse = (status: number, type: string, message: string): GivenAnswer => ({
    status,
    body: { error: { message, type, param: null, code: status } },
  });
  const service = await startService(({ what, body }): GivenAnswer => {
    if (what === "GET /v1/models") {
      return {
        body: { object: "list", data: [base, ...loaded.keys()].map((id) => ({ id, object: "model" })) },
      };
    }
    const { lora_name: name, lora_path: path, model } = JSON.parse(body);
    if (what === "POST /v1/load_lora_adapter") {
      if (path.includes("missing")) return refuse(404, "NotFoundError", `No adapter found for ${path}`);
      if (loaded.has(name)) {
        return refuse(400, "InvalidUserInput", `The lora adapter '${name}' has already been loaded.`);
      }
      loaded.set(name, path);
      return { body: `Success: LoRA adapter '${name}' added successfully.` };
    }
    if (what === "POST /v1/unload_lora_adapter") {
      if (!loaded.delete(name))
        return refuse(404, "NotFoundError", `The lora adapter '${name}' cannot be found.`);
      return { body: `Success: LoRA adapter '${name}' removed successfully.` };
    }
    return completion(model);
  });
  return { service, loaded };
}

describe("adapters on a vLLM server", () => {
  it("are loaded under a name of their own each, and unloaded when the student is closed", async () => {
    const { service, loaded } = await startVllm();
    await using _ = service;
    const server = vllmAdapters({ baseUrl: `${service.origin}/v1` });
    const first = await server.open(adapter("v1"));
    expect((await first.act(act)).message).toBe("Action: say[eef-v1]");
    expect(first.version).toBe("v1");
    expect([...loaded]).toEqual([["eef-v1", "/models/v1"]]);
    await first[Symbol.asyncDispose]();
    const second = await server.open(adapter("v2"));
    expect([...loaded.keys()]).toEqual(["eef-v2"]);
    await second[Symbol.asyncDispose]();
    expect(loaded.size).toBe(0);
  });

  it("are the base model itself before anything is trained", async () => {
    const { service, loaded } = await startVllm();
    await using _ = service;
    await using policy = await vllmAdapters({ baseUrl: `${service.origin}/v1` }).open({
      location: base,
      version: "b",
      kind: "model",
      base,
    });
    expect((await policy.act(act)).message).toBe(`Action: say[${base}]`);
    expect(loaded.size).toBe(0);
  });

  it("are used again if a session that was killed left them loaded", async () => {
    const { service, loaded } = await startVllm();
    await using _ = service;
    loaded.set("eef-v1", "/models/v1");
    await using policy = await vllmAdapters({ baseUrl: `${service.origin}/v1` }).open(adapter("v1"));
    expect((await policy.act(act)).message).toBe("Action: say[eef-v1]");
  });

  it("are looked for where the server has them", async () => {
    const { service, loaded } = await startVllm();
    await using _ = service;
    const path = (directory: string) => directory.replace("/models", "/mnt");
    await using policy = await vllmAdapters({ baseUrl: `${service.origin}/v1`, path }).open(adapter("v1"));
    expect(policy.name).toBe("student:eef-v1");
    expect(loaded.get("eef-v1")).toBe("/mnt/v1");
  });

  it("that the server does not unload are a warning: what was played with them is worth no less", async () => {
    const key = "sk-abcdef-1234567890";
    vi.stubEnv("EEF_TEST_VLLM_KEY", key);
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    await using service = await startService(({ what, body }): GivenAnswer => {
      if (what === "GET /v1/models") return { body: { data: [{ id: "eef-v1" }, { id: "eef-v2" }] } };
      if (what !== "POST /v1/unload_lora_adapter") return {};
      const status = JSON.parse(body).lora_name === "eef-v1" ? 500 : 400;
      return { status, body: { error: { message: `engine dead ${key}` } } };
    });
    const server = vllmAdapters({
      baseUrl: `${service.origin}/v1`,
      apiKeyEnvironmentVariable: "EEF_TEST_VLLM_KEY",
    });
    for (const version of ["v1", "v2"]) await (await server.open(adapter(version)))[Symbol.asyncDispose]();
    const told = warn.mock.calls.map(([words]) => String(words));
    warn.mockRestore();
    vi.unstubAllEnvs();
    expect(told).toEqual([
      expect.stringMatching(/did not unload the adapter eef-v1.*engine dead \[redacted\]/),
      expect.stringMatching(/did not unload the adapter eef-v2.*engine dead \[redacted\]/),
    ]);
  });

  it("that cannot be loaded are an error that says what to look at", async () => {
    const { service } = await startVllm();
    await using _ = service;
    const server = vllmAdapters({ baseUrl: `${service.origin}/v1` });
    const missing = server.open(adapter("missing"));
    await expect(missing).rejects.toThrow(/No adapter found/);
    await expect(server.open({ ...adapter("v1"), kind: "model" })).rejects.toThrow(ConfigurationError);
  });

  it("that the server does not list are not left loaded", async () => {
    const seen: string[] = [];
    await using service = await startService(({ what }): GivenAnswer => {
      seen.push(what);
      return what === "GET /v1/models" ? { body: { data: [] } } : {};
    });
    const opened = vllmAdapters({ baseUrl: `${service.origin}/v1` }).open(adapter("v1"));
    await expect(opened).rejects.toThrow(/does not list the adapter eef-v1/);
    expect(seen).toEqual(["POST /v1/load_lora_adapter", "GET /v1/models", "POST /v1/unload_lora_adapter"]);
  });

  it("are unloaded where the run is stopped while they are loaded", async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    await using service = await startService(({ what }): GivenAnswer => {
      seen.push(what);
      if (what === "POST /v1/load_lora_adapter") controller.abort(new Error("enough"));
      return {};
    });
    const server = vllmAdapters({ baseUrl: `${service.origin}/v1` });
    await expect(server.open(adapter("v1"), { signal: controller.signal })).rejects.toThrow("enough");
    expect(seen).toEqual(["POST /v1/load_lora_adapter", "POST /v1/unload_lora_adapter"]);
  });

  it("on a server that is not there are no adapter's fault", async () => {
    const baseUrl = `http://127.0.0.1:${await freePort()}/v1`;
    await expect(vllmAdapters({ baseUrl }).open(adapter("v1"))).rejects.toMatchObject({
      name: "ServiceError",
      hint: expect.stringContaining("Is the server running"),
    });
  });
});

it.each([
  ["vllmAdapters", (baseUrl: string) => vllmAdapters({ baseUrl })],
  ["restartedServer", (baseUrl: string) => restartedServer({ baseUrl, command: () => ["serve"] })],
  ["hostedModel", (baseUrl: string) => hostedModel({ baseUrl })],
])("%s refuses an address with a password, without showing it", (name, create) => {
  expect(() => create("http://user:secret@host/v1")).toThrow(ConfigurationError);
  expect(() => create("http://user:secret@host/v1")).toThrow(new RegExp(`^${name}: (?!.*secret)`));
});

describe("a served student", () => {
  it.each([
    ["hostedModel", hostedModel],
    ["vllmAdapters", vllmAdapters],
  ])("shares its budget with the others of the same %s", async (_, create) => {
    const { service } = await startVllm();
    await using __ = service;
    const server = create({ baseUrl: `${service.origin}/v1`, student: { budget: { requests: 3 } } });
    const outcomes: string[] = [];
    for (const version of ["v1", "v2", "v3"]) {
      await using policy = await server.open(adapter(version));
      for (let turn = 0; turn < 2; turn++) {
        const outcome = await policy.act({ ...act, turn }).then(
          () => "answered",
          (error: unknown) => (error instanceof Error ? error.name : "?"),
        );
        outcomes.push(outcome);
      }
      expect(policy.usage?.name).toBe("student");
    }
    expect(outcomes).toEqual([...Array(3).fill("answered"), ...Array(3).fill("ChatBudgetError")]);
    expect(service.requests.filter(({ what }) => what.endsWith("/chat/completions"))).toHaveLength(3);
  });

  it("is described by everything that decides what it answers, and by nothing else", () => {
    const described = (student: StudentOptions) =>
      JSON.stringify(vllmAdapters({ baseUrl: "http://127.0.0.1:1/v1", student }).describe?.());
    const plain = described({});
    expect(described({ retries: 9, concurrency: 3, headers: { "x-team": "lamps" } })).toBe(plain);
    const deciding: StudentOptions[] = [
      { systemPrompt: "Be brief." },
      { maximumTokens: 7 },
      { actions: "tools" },
      { promptStyle: "react-webshop" },
      { promptStyle: "react-webshop", workedExample: true },
      { extraBody: { top_p: 0.9 } },
    ];
    expect(new Set(deciding.map(described)).add(plain).size).toBe(deciding.length + 1);
  });
});

/** A port that is free for the moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("expected an address with a port");
  return address.port;
}

function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => {
    socket.destroy();
    resolve(true);
  });
  socket.on("error", () => resolve(false));
  return promise;
}

/** Stands in for `vllm serve`: answers after a while, with the model it was started for; the first line is its process id. */
const standInServer = `
  const [port, model] = process.argv.slice(1);
  const server = require("node:http").createServer((request, response) => response.end(JSON.stringify(
    request.url === "/v1/models" ? { data: [{ id: model }] }
      : request.url === "/pid" ? process.pid
      : { choices: [{ message: { content: "Action: say[" + model + "]" }, finish_reason: "stop" }] })));
  setTimeout(() => server.listen(Number(port), "127.0.0.1"), 200);`;

/** Is loading at first, then fails to list models; answers with the name that it is asked for. */
const serverWithoutList = `
  let state = "loading";
  setTimeout(() => { state = "loaded"; }, 600);
  require("node:http").createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.url === "/v1/models") {
      response.statusCode = state === "loading" ? 503 : 500;
      return response.end("no list");
    }
    const content = "Action: say[" + JSON.parse(body).model + ", " + state + "]";
    response.end(JSON.stringify({ choices: [{ message: { content }, finish_reason: "stop" }] }));
  }).listen(Number(process.argv[1]), "127.0.0.1");`;

describe("a server that is started for each student", () => {
  it("answers with the new model, and is gone when the student is closed", async () => {
    const port = await freePort();
    const server = restartedServer({
      command: ({ location }) => [process.execPath, "-e", standInServer, String(port), location],
      baseUrl: `http://127.0.0.1:${port}/v1`,
      stopGraceSeconds: 0.2,
    });
    for (const version of ["v1", "v2"]) {
      const policy = await server.open(adapter(version));
      const pid = Number(await (await fetch(`http://127.0.0.1:${port}/pid`)).text());
      expect(isAlive(pid)).toBe(true);
      expect((await policy.act(act)).message).toBe(`Action: say[/models/${version}]`);
      await policy[Symbol.asyncDispose]();
      expect(isAlive(pid)).toBe(false);
    }
  });

  describe("and fails to list its models, as transformers serve does where it has no cache", () => {
    const optionsAt = (port: number) => ({
      command: () => [process.execPath, "-e", serverWithoutList, String(port)],
      baseUrl: `http://127.0.0.1:${port}/v1`,
      stopGraceSeconds: 0.2,
    });

    it("is ready when it no longer says that it is loading, where the model's name is given", async () => {
      const server = restartedServer({ ...optionsAt(await freePort()), modelName: () => "mine" });
      await using policy = await server.open(adapter("v1"));
      expect((await policy.act(act)).message).toBe("Action: say[mine, loaded]");
    });

    it("is an error that says what it answered, where the name is not given", async () => {
      const server = restartedServer({ ...optionsAt(await freePort()), startSeconds: 2 });
      await expect(server.open(adapter("v1"))).rejects.toThrow(
        /not ready within 2 seconds \(GET .*\/models answered with status 500/,
      );
    });
  });

  it("that is still loading when the run is stopped is gone with it", async () => {
    const port = await freePort();
    const server = restartedServer({
      command: () => [process.execPath, "-e", serverWithoutList, String(port)],
      baseUrl: `http://127.0.0.1:${port}/v1`,
      stopGraceSeconds: 0.2,
    });
    const controller = new AbortController();
    const opened = server.open(adapter("v1"), { signal: controller.signal });
    const stopped = expect(opened).rejects.toThrow("enough");
    while (!(await isListening(port))) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(new Error("enough"));
    await stopped;
    expect(await isListening(port)).toBe(false);
  });

  it("that ends before it answers is an error with its last words", async () => {
    const port = await freePort();
    const server = restartedServer({
      command: () => [process.execPath, "-e", "console.error('ValueError: no such model'); process.exit(2)"],
      baseUrl: `http://127.0.0.1:${port}/v1`,
    });
    const opened = server.open(adapter("v1"));
    await expect(opened).rejects.toThrow(ProgramFailedError);
    await expect(opened).rejects.toThrow(/ended with code 2.*\n.*\n.*no such model/s);
  });

  it("that cannot be started at all is an error at once", async () => {
    const port = await freePort();
    const folder = vi.spyOn(process, "cwd").mockReturnValue("/no/such/folder");
    const server = restartedServer({ command: () => ["x"], baseUrl: `http://127.0.0.1:${port}/v1` });
    const opened = server.open(adapter("v1")).finally(() => folder.mockRestore());
    await expect(opened).rejects.toThrow(/could not be started/);
  });

  it("is not started where another one answers", async () => {
    const { service } = await startVllm();
    await using _ = service;
    const server = restartedServer({ command: () => ["never"], baseUrl: `${service.origin}/v1` });
    await expect(server.open(adapter("v1"))).rejects.toThrow(/answers at .* already/);
  });
});

describe("a hosted model", () => {
  it("is asked for by its id", async () => {
    const { service } = await startVllm();
    await using _ = service;
    const server = hostedModel({ baseUrl: `${service.origin}/v1` });
    await using policy = await server.open({ ...adapter("v1"), location: "someone/model-eef" });
    expect((await policy.act(act)).message).toBe("Action: say[someone/model-eef]");
  });
});

describe("what is wrong with the options of a server", () => {
  const baseUrl = "http://127.0.0.1:8000/v1";
  const command = () => ["vllm"];
  it.each([
    ["hostedModel", () => hostedModel({ baseUrl, ...{ modelName: "x" } }), /hostedModel: .*"modelName"/],
    ["restartedServer", () => restartedServer({ command, baseUrl, startSeconds: 0 }), /startSeconds/],
    ["vllmAdapters", () => vllmAdapters({ baseUrl, baseName: "" }), /baseName/],
    ["the student", () => hostedModel({ baseUrl, student: { maximumTokens: 0 } }), /maximumTokens/],
    [
      "the student's form",
      () => hostedModel({ baseUrl, student: { actions: "tools", promptStyle: "react-webshop" } }),
      /react-webshop has its actions as text/,
    ],
  ])("is told before anything is trained: %s", (_, make, words) => {
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(words);
  });
});

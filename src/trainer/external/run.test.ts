import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { doors, keyOf } from "../../../test/toy/doors.ts";
import { porter } from "../../../test/toy/porter.ts";
import { eef } from "../../methods/eef.ts";
import { resolveConfig } from "../../run/config.ts";
import { runPipeline } from "../../run/pipeline.ts";
import { type GivenAnswer, startService } from "./service.test-helpers.ts";
import { vllmAdapters } from "./serving/vllm-adapters.ts";
import { standInTrainer, temporaryFolder } from "./stand-in.test-helpers.ts";

/** Stands in for a vLLM server: every adapter knows the keys of all doors. */
async function startServer() {
  const loaded = new Set<string>();
  const history: string[] = [];
  const service = await startService(({ what, body }): GivenAnswer => {
    if (what === "GET /v1/models") return { body: { data: [...loaded].map((id) => ({ id })) } };
    const { lora_name: name, lora_path: path, messages } = JSON.parse(body);
    if (what === "POST /v1/load_lora_adapter") {
      loaded.add(name);
      history.push(`load ${name} ${existsSync(join(path, "adapter_model.safetensors"))}`);
      return {};
    }
    if (what === "POST /v1/unload_lora_adapter") {
      loaded.delete(name);
      history.push(`unload ${name}`);
      return {};
    }
    const colour = messages.at(-1).content.replace(/^.* is (\w+)\.$/, "$1");
    const content = `Action: use ${keyOf(colour)}`;
    return { body: { choices: [{ message: { content }, finish_reason: "stop" }] } };
  });
  return { service, loaded, history };
}

describe("a run with a trainer and a server outside of this process", () => {
  it("trains, loads each student under its own name, unloads it before the next, and ends with results", async () => {
    using folder = temporaryFolder();
    const { service, loaded, history } = await startServer();
    await using _ = service;
    const config = resolveConfig({
      name: "outside",
      environment: doors({ train: 6, validation: 1, test: 3 }),
      experts: [{ policy: porter(3) }],
      trainer: standInTrainer("good", vllmAdapters({ baseUrl: `${service.origin}/v1` })),
      methods: [eef({ iterations: 1, simulatedStates: 1 })],
      output: join(folder.path, "runs"),
    });
    const results = await runPipeline(config);
    expect(results.evaluations.map(({ method, iteration }) => [method, iteration])).toEqual([
      ["EEF", 0],
      ["EEF", 1],
    ]);
    const [first, second] = history.flatMap((line) => /^load (\S+) true$/.exec(line)?.[1] ?? []);
    expect(first).not.toBe(second);
    expect(history.slice(0, 3)).toEqual([`load ${first} true`, `unload ${first}`, `load ${second} true`]);
    expect(loaded.size).toBe(0);

    // Asked again, everything is there: nothing is trained or served.
    const before = history.length;
    expect((await runPipeline(config)).evaluations).toEqual(results.evaluations);
    expect(history).toHaveLength(before);
  });
});

import { describe, expect, it } from "vitest";
import type { Trainer } from "../trainer.ts";
import { type AxolotlTrainerOptions, axolotlTrainer } from "./axolotl.ts";
import { commandTrainer } from "./command.ts";
import { type MsSwiftTrainerOptions, msSwiftTrainer } from "./ms-swift.ts";
import { hostedModel } from "./serving/hosted-model.ts";
import type { StudentOptions } from "./serving/model-server.ts";

const serve = hostedModel({ baseUrl: "http://127.0.0.1:8000/v1" });
const model = "some/model";
const described = (trainer: Trainer) => JSON.stringify(trainer.describe?.());
const axolotl = (changes: Partial<AxolotlTrainerOptions> = {}) =>
  described(axolotlTrainer({ model, serve, ...changes }));
const msSwift = (changes: Partial<MsSwiftTrainerOptions> = {}) =>
  described(msSwiftTrainer({ model, serve, ...changes }));
const command = (...words: string[]) => described(commandTrainer({ model, serve, command: words }));
const asked = (student: StudentOptions) =>
  axolotl({ serve: hostedModel({ baseUrl: "http://127.0.0.1:9000/v1", student }) });

describe("the description of a trainer", () => {
  it("is the same with settings that do not change what is learned", () => {
    const changes: Partial<AxolotlTrainerOptions>[] = [
      { gpus: 4 },
      { microBatchSize: 8 },
      { gpus: 4, microBatchSize: 2 },
      { deepspeed: "zero3.json" },
      { launcher: "torchrun" },
      { gradientCheckpointing: false },
      { saveEvery: 10, checkpointsKept: 3 },
      { executable: ["uv", "run", "axolotl"], environment: { HF_TOKEN: "secret" }, stopGraceSeconds: 1 },
    ];
    for (const change of changes) {
      expect(axolotl(change), JSON.stringify(change)).toBe(axolotl());
    }
    expect(msSwift({ deepspeed: "zero3", gpus: 8 })).toBe(msSwift({ fsdp: "fsdp2" }));
    expect(command("trian")).toBe(command("train", "--workers", "4"));
  });

  it("changes with settings that do, and with a batch that comes out otherwise", () => {
    for (const change of [
      { learningRate: 1e-5 },
      { epochs: 1 },
      { contextLength: 4096 },
      { batchSize: 16 },
      { microBatchSize: 64 },
      { microBatchSize: 3 },
      { lora: { rank: 8 } },
      { settings: { noise: 1 } },
    ] as const) {
      expect(axolotl(change), JSON.stringify(change)).not.toBe(axolotl());
    }
  });

  it("changes with what decides the student's answers, not with how they are fetched", () => {
    expect(
      asked({ concurrency: 2, timeoutSeconds: 5, retries: 0, stream: true, budget: { tokens: 9 } }),
    ).toBe(axolotl());
    expect(asked({ maximumTokens: 64 })).not.toBe(axolotl());
  });
});

import { InferenceSession } from "onnxruntime-node";
import { afterEach, expect, test, vi } from "vitest";
import { Graph } from "../graph/graph.ts";
import { gradientOutputs } from "./batch-gradient.ts";
import { layoutOf } from "./flat-parameters.ts";
import { createDecodingSession, initialParameters } from "./llama.ts";
import { tinyConfiguration } from "./tiny-configuration.test-helpers.ts";
import { openTrainingSession } from "./training.ts";
import { lossGraph } from "./training-graph.ts";

const configuration = tinyConfiguration(20, 32);
const parameters = initialParameters(configuration, 1);
afterEach(() => vi.restoreAllMocks());

/** Counts the engine's open sessions; the opening of number `failing` fails. */
function watchEngine(failing = Number.POSITIVE_INFINITY) {
  const create = InferenceSession.create.bind(InferenceSession);
  const engine = { opened: 0, open: 0 };
  vi.spyOn(InferenceSession, "create").mockImplementation(async (...model) => {
    if (++engine.opened === failing) throw new Error("Failed to allocate memory");
    const session = await create(...model);
    engine.open++;
    const release = session.release.bind(session);
    session.release = async () => {
      engine.open--;
      await release();
    };
    return session;
  });
  return engine;
}

test.each([1, 2, 3, 4])(
  "a decoding session whose graph %d cannot be opened closes the others",
  async (failing) => {
    const engine = watchEngine(failing);
    await expect(
      createDecodingSession(configuration, parameters, { maximumSequences: 1, threads: 1 }),
    ).rejects.toThrow("opening the model for decoding: out of memory");
    expect(engine).toEqual({ opened: failing, open: 0 });
  },
);

test("a training session goes on, and is closed, after a graph that could not be opened", async () => {
  const engine = watchEngine();
  let isBroken = true;
  const broken = new Graph();
  broken.output("loss", broken.node("NoSuchOperator", [], { type: "float32", shape: [] }));
  const layout = layoutOf(configuration);
  {
    await using session = await openTrainingSession(
      {
        configuration,
        layout,
        initial: parameters,
        isDecayed: () => true,
        graph: (length, withGradient) => (isBroken ? broken : lossGraph(configuration, length, withGradient)),
        gradientOutputs,
        frozen: {},
        stepFeeds: () => ({}),
        gradientOf: (results) => results.get("gradient"),
      },
      { learning: { beta1: 0.9, beta2: 0.9, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 }, threads: 1 },
    );
    const batch = {
      rows: 1,
      length: 4,
      inputIds: Int32Array.of(1, 2, 3, 4),
      targets: Int32Array.of(2, 3, 4, 0),
      targetWeights: Float32Array.of(1, 1, 1, 0),
    };
    await expect(session.step(batch, 1e-3)).rejects.toThrow("NoSuchOperator");
    await expect(session.evaluate(batch)).rejects.toThrow("NoSuchOperator");
    isBroken = false;
    expect((await session.step(batch, 1e-3)).loss).toBeGreaterThan(0);
  }
  expect(engine.open).toBe(0);
});

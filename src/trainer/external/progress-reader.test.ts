import { describe, expect, it } from "vitest";
import { readHuggingFaceProgress } from "./progress-reader.ts";

/** Lines as the programs print them: Transformers 5 and 4, ms-swift; all recorded or from their documentation. */
describe("progress of the Hugging Face trainer", () => {
  it.each([
    ["{'loss': '9.155', 'grad_norm': '1.6', 'learning_rate': '0.001', 'epoch': '0.33'}", { loss: 9.155 }],
    ["{'loss': 0.8213, 'grad_norm': 1.2, 'learning_rate': 2e-05, 'epoch': 0.1}", { loss: 0.8213 }],
    ["{'loss': 1e-05, 'grad_norm': 1.2}", { loss: 1e-5 }],
    ["{'loss': nan, 'grad_norm': nan}", { loss: Number.NaN }],
    ["{'loss': np.float64(nan), 'step': 4}", { loss: Number.NaN }],
    ['{"loss": NaN}', { loss: Number.NaN }],
    // Filtered by transformers; and an overflow of float16, which it skips.
    ["{'loss': '0', 'grad_norm': 'nan', 'epoch': '1'}", { loss: Number.NaN }],
    ["{'loss': 0.7, 'grad_norm': nan}", { loss: 0.7 }],
    ["{'train_runtime': '4', 'train_loss': '0.5'}", { meanLoss: 0.5 }],
    ["{'loss': '-inf'}", { loss: Number.NEGATIVE_INFINITY }],
    [
      "{'loss': 1.5, 'token_acc': 0.6, 'global_step/max_steps': '3/94', 'percentage': '3.19%'}",
      { loss: 1.5, step: 3, steps: 94 },
    ],
    [" 17%|█▋        | 1/6 [00:00<00:02,  1.91it/s]", { step: 1, steps: 6 }],
    ["Train:  17%|█▋        | 1/6 [00:00<00:02,  1.91it/s]", { step: 1, steps: 6 }],
  ])("is read from %s", (text, expected) => {
    expect(readHuggingFaceProgress(text)).toEqual(expected);
  });

  it.each([
    "Map: 100%|██████████| 6/6 [00:00<00:00, 98.65 examples/s]",
    "Loading weights:  50%|█████     | 2/4 [00:00<00:00]",
    "{'eval_loss': 0.5, 'epoch': 1.0}",
    "the loss is high",
    "",
  ])("is not read from %j", (text) => {
    expect(readHuggingFaceProgress(text)).toBeUndefined();
  });
});

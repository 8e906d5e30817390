import type { ExampleFormat } from "./example-format.ts";

/** Our own form, as in a run's `datasets/`: nothing is lost. */
export const canonicalFormat: ExampleFormat = {
  name: "canonical",
  description: "this project's own form: messages, a weight and a reason for each, and where it came from",
  layout: "lines",
  keepsOrigin: true,
  keepsWeights: true,
  rowsOf: ({ id, taskId, messages, weights, tools, origin }) => [
    { id, taskId, messages, weights, ...(tools === undefined ? {} : { tools }), origin },
  ],
  usage: () => "`eef export` and `eef preview` read this form.",
};

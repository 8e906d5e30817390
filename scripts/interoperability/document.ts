import type { Comparison } from "./compare.ts";

/** What transformers and peft make of what the embedded student saved. */
export interface WayBack {
  /** Weights that transformers misses or does not know. */
  readonly unexpectedWeights: number;
  readonly logits: number;
  readonly adapterLogits: number;
  readonly tokensEqual: boolean;
}

export interface ModelResult {
  readonly name: string;
  readonly comparison: Comparison;
  readonly back: WayBack;
}

/** The largest difference that counts as agreement. */
export const tolerance = 1e-4;

const descriptions: Readonly<Record<string, string>> = {
  "grouped-tied": "4 heads on 2, tied embeddings, fp32",
  "llama3-untied": "4 heads on 2, Llama 3's rope scaling, separate head, fp32",
  "llama3-bf16-sharded": "4 heads on 2, Llama 3's rope scaling, separate head, bf16 in four files",
  "linear-f16": "4 heads on 2, linear rope scaling, tied embeddings, fp16",
  "single-head-size": "one key head for each head, a head size of its own, fp32 in five files",
};

export function interoperabilityDocument(
  results: readonly ModelResult[],
  versions: { readonly torch: string; readonly transformers: string; readonly peft: string },
): string {
  const number = (value: number) => value.toExponential(1);
  const yes = (value: boolean) => (value ? "yes" : "**no**");
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const there = results.map(({ name, comparison: c }) =>
    row([
      name,
      number(c.logits),
      c.largestLogit.toFixed(0),
      yes(c.greedyEqual),
      number(c.loss),
      number(c.gradientNorm),
      yes(c.tokensEqual),
      number(c.adapterLogits),
      number(c.adapterLoss),
      number(c.adapterGradientNorm),
    ]),
  );
  const back = results.map(({ name, back: b }) =>
    row([name, String(b.unexpectedWeights), number(b.logits), yes(b.tokensEqual), number(b.adapterLogits)]),
  );
  return `# The embedded student and the Hugging Face libraries

Written by \`node scripts/interoperability/interoperability.ts --python PYTHON --write\`, with torch ${versions.torch},
transformers ${versions.transformers} and peft ${versions.peft} on a CPU. Tiny random Llamas (2 layers, width 32 or 20), two sequences of 40 tokens,
all in float32 from the numbers as they are stored. Differences are the largest absolute ones (of gradient norms,
relative); up to ${tolerance} counts as agreement.

| model | what it is |
| --- | --- |
${results.map(({ name }) => row([name, descriptions[name] ?? ""])).join("\n")}

## From transformers and peft to the student

Greedy continuations are two times 24 tokens. "Same tokens" compares a conversation through the chat template, texts, and
the end tokens.

| model | logits | largest logit | same greedy text | loss | gradient norm | same tokens | adapter: logits | adapter: loss | adapter: gradient norm |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${there.join("\n")}

## And back

The same models saved by the student and loaded by transformers; an adapter saved by the student and loaded by peft.

| model | unknown or missing weights | logits | same tokens | adapter: logits |
| --- | --- | --- | --- | --- |
${back.join("\n")}
`;
}

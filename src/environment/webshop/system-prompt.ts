/** Short, because every transcript begins with it and the embedded student pays for each token. */
export const shopSystemPrompt =
  "Buy the product that fits the instruction. Write a thought, then one action: search[words] or click[button].";

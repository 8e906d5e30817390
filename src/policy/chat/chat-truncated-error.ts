import { PolicyError } from "./policy-error.ts";

/**
 * The model used all its tokens before its action was complete (`finish_reason` "length"). A reply whose action line is
 * complete is not an error, whatever was cut off after it.
 */
export class ChatTruncatedError extends PolicyError {
  override readonly name = "ChatTruncatedError";

  constructor(model: string, maximumTokens: number, reply: string) {
    super(
      `${model} wrote ${maximumTokens} tokens without completing an action; its reply ends ${ending(reply)}`,
      {
        hint: "Allow more `maximumTokens`, or ask for shorter thoughts in `systemPrompt`.",
      },
    );
  }
}

function ending(text: string): string {
  return JSON.stringify(text.length > 80 ? `…${text.slice(-80)}` : text);
}

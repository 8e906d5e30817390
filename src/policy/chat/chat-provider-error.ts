import { PolicyError } from "./policy-error.ts";

export interface ChatProviderErrorDetails extends ErrorOptions {
  /** Whether it would fail every request: a key that is missing, a model that there is not. */
  readonly isPermanent: boolean;
}

/** A provider of the AI SDK failed by itself, without an answer of a server. Nothing is sent again. */
export class ChatProviderError extends PolicyError {
  override readonly name = "ChatProviderError";
  readonly #isPermanent: boolean;

  /** `explanation` is the provider's own text, already bounded. */
  constructor(provider: string, explanation: string, { isPermanent, cause }: ChatProviderErrorDetails) {
    super(`${provider} failed: ${explanation}`, {
      hint: "The provider says this itself: look at its settings, and at the key in its environment variable.",
      cause,
    });
    this.#isPermanent = isPermanent;
  }

  override get isPermanent(): boolean {
    return this.#isPermanent;
  }
}

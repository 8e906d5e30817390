import { createParser } from "eventsource-parser";
import { type AnswerError, errorInAnswer } from "./answer-error.ts";
import type { ChatReply } from "./chat-model.ts";
import { CompletionPieces } from "./completion-pieces.ts";
import { chatChunkSchema, parseCompletion } from "./protocol.ts";

/** What an answer came to. */
export type Outcome =
  | { readonly kind: "reply"; readonly reply: ChatReply }
  | { readonly kind: "cut-off" }
  /** Neither is bounded: what cuts it must take the secrets out first. */
  | { readonly kind: "malformed"; readonly explanation: string; readonly isJson: boolean }
  | { readonly kind: "error"; readonly error: AnswerError };

/**
 * How far an answer has come: nothing of it arrived (but comments, which proxies send to keep a connection open), something did,
 * only counts may be missing, or nothing more is needed.
 */
export type Advance = "none" | "some" | "almost-all" | "all";

/** What an event stream may begin with: a field's name or a comment. */
const eventStart = /^(data|event|id|retry)?:/;
const longestEventStart = "event:".length;

/**
 * Reads a completion while it arrives. Whether that is an event stream is told by its first characters, because some servers stream
 * without being asked, and some under another content type. A stream is whole if its choice has a reason to finish, or if `[DONE]` comes after
 * some text.
 */
export class AnswerReader {
  #text = "";
  #form: "unknown" | "whole" | "events" = "unknown";
  #advance: Advance = "none";
  #problem: Outcome | undefined;
  #hasEnded = false;
  #isOver = false;
  readonly #pieces = new CompletionPieces();
  readonly #parser = createParser({ onEvent: ({ data }) => this.#read(data) });

  push(text: string): Advance {
    let events = text;
    if (this.#form !== "events") {
      this.#text += text;
      // A long answer is not looked at again with each piece.
      if (this.#form === "unknown") this.#form = formOf(this.#text.trimStart());
      if (this.#form !== "events") return "some";
      events = this.#text.trimStart();
    }
    this.#advance = "none";
    this.#parser.feed(events);
    if (this.#hasEnded || this.#problem !== undefined || this.#pieces.isWhole) return "all";
    return this.#pieces.finishReason === undefined ? this.#advance : "almost-all";
  }

  /** Nothing more will come, or be waited for. */
  outcome(): Outcome {
    if (this.#form !== "events") return wholeOutcome(this.#text);
    // The last event may lack the empty line behind it; or it is itself cut off, and none.
    this.#isOver = true;
    this.#parser.feed("\n\n");
    if (this.#problem !== undefined) return this.#problem;
    if (!this.#hasEnded && this.#pieces.finishReason === undefined) return { kind: "cut-off" };
    if (this.#pieces.isEmpty) {
      return { kind: "malformed", explanation: "the stream holds no choices", isJson: true };
    }
    return { kind: "reply", reply: this.#pieces.reply() };
  }

  #read(data: string): void {
    if (this.#problem !== undefined || this.#hasEnded) return;
    this.#advance = "some";
    if (data === "[DONE]") {
      this.#hasEnded = true;
      return;
    }
    const json = parseJson(data);
    if (json === null || (json === undefined && this.#isOver)) return;
    const error = errorInAnswer(json);
    const parsed = chatChunkSchema.safeParse(json);
    if (json === undefined) this.#problem = noJson(data);
    else if (error !== undefined) this.#problem = { kind: "error", error };
    else if (parsed.success) this.#pieces.add(parsed.data);
    else {
      const issue = parsed.error.issues[0];
      const where = issue?.path.join(".") ?? "";
      this.#problem = {
        kind: "malformed",
        explanation: `expected a piece of a chat completion; ${where}: ${issue?.message ?? "not one"}`,
        isJson: true,
      };
    }
  }
}

function formOf(start: string): "unknown" | "whole" | "events" {
  if (eventStart.test(start)) return "events";
  return start.length < longestEventStart ? "unknown" : "whole";
}

function wholeOutcome(text: string): Outcome {
  const json = parseJson(text);
  if (json === undefined) return noJson(text);
  const error = errorInAnswer(json);
  if (error !== undefined) return { kind: "error", error };
  const parsed = parseCompletion(json);
  if (parsed.success) return { kind: "reply", reply: parsed.data };
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") ?? "";
  return {
    kind: "malformed",
    explanation: `expected a chat completion; ${where}: ${issue?.message ?? "not one"}`,
    isJson: true,
  };
}

/** Undefined, which JSON has not, for what is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function noJson(text: string): Outcome {
  return { kind: "malformed", explanation: text, isJson: false };
}

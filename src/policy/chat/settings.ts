import { z } from "zod";
import { ConfigurationError } from "../../errors.ts";
import { parseOptions } from "../../options.ts";
import { promptStyleSchema } from "../prompts/prompt-styles.ts";

/** A day. Beyond some weeks a timer goes off at once. */
export const longestSeconds = 86_400;

/** The options that every chat policy has, whatever brings its requests to the model. */
export const chatSettings = {
  /** Sent instead of the environment's own system prompt, or of the prompt style's instructions. */
  systemPrompt: z.string().optional(),
  /**
   * `text`: the model writes a thought and an action, see message-format.ts. `tools`: it calls one of the environment's tools; an answer
   * without a call is read as text.
   */
  actions: z.enum(["text", "tools"]).default("text"),
  /** How the transcript is laid out, see docs/chat-policy.md. Only `environment` goes with tools. */
  promptStyle: promptStyleSchema.default("environment"),
  /** Whether a worked example stands before the task, where the prompt style has one. */
  workedExample: z.boolean().default(false),
  /** Used instead of the temperature that a rollout asks for; some models allow only one value. */
  temperature: z.number().min(0).optional(),
  /** Most tokens that the model may write in one turn. */
  maximumTokens: z.number().int().positive().default(512),
  /** Where the model has to stop. The default keeps it from writing the environment's part. */
  stop: z.array(z.string()).default(["\nObservation:"]),
  /** For each attempt, from sending it to the last byte of the answer. */
  timeoutSeconds: z.number().positive().max(longestSeconds).default(120),
  /** Attempts after the first one. */
  retries: z.number().int().nonnegative().default(5),
  /** Before the first retry; doubled with each further one, made up to twice as long by chance, and never more than a minute. */
  backoffSeconds: z.number().nonnegative().default(1),
  /** A server that asks for a longer wait is not waited for. */
  maximumRetryAfterSeconds: z.number().nonnegative().max(longestSeconds).default(120),
  /** Requests in flight at once; unlimited if absent, and then as many as there are episodes in play. */
  concurrency: z.number().int().positive().optional(),
  /** Requests sent in a minute, evenly spread. */
  requestsPerMinute: z.number().positive().optional(),
  /** Tokens read and written in a minute; what a request will take is estimated, and corrected by its answer. */
  tokensPerMinute: z.number().positive().optional(),
  /** The most that may be used in a run, however often its command is started. When it is used up, the run stops. */
  budget: z
    .strictObject({
      /** Requests sent, retries included. */
      requests: z.number().int().nonnegative().optional(),
      /** Tokens read and written, by the server's count, or as estimated where it does not count. */
      tokens: z.number().int().nonnegative().optional(),
      retries: z.number().int().nonnegative().optional(),
    })
    .prefault({}),
};

const settingsSchema = z.object(chatSettings);
export type ChatSettings = z.output<typeof settingsSchema>;

/** Checks the options of a chat policy. @throws ConfigurationError */
export function parseChatOptions<T extends z.ZodType<ChatSettings>>(schema: T, input: unknown): z.output<T> {
  const settings = parseOptions("chat policy", schema, input, "docs/chat-policy.md");
  const { actions, promptStyle, workedExample } = settings;
  if (actions === "tools" && promptStyle !== "environment") {
    throw new ConfigurationError(
      `chat policy: the prompt style ${promptStyle} has its actions as text, but \`actions\` is "tools"`,
      { hint: 'Leave out `promptStyle`, or set `actions` to "text".' },
    );
  }
  if (workedExample && promptStyle === "environment") {
    throw new ConfigurationError("chat policy: the prompt style environment has no worked example", {
      hint: "Leave out `workedExample`, choose another `promptStyle`, or put the example into `systemPrompt`.",
    });
  }
  return settings;
}

/** The settings that may change what the model answers, those left out that have their default. */
export function identityOf(settings: ChatSettings): Readonly<Record<string, unknown>> {
  const { actions, promptStyle, workedExample } = settings;
  return {
    ...(actions === "text" ? {} : { actions }),
    ...(promptStyle === "environment" ? {} : { promptStyle, workedExample }),
  };
}

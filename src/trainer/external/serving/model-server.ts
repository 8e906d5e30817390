import { z } from "zod";
import { parseOptions } from "../../../options.ts";
import { parseChatOptions } from "../../../policy/chat/settings.ts";
import { createTraffic, type Traffic } from "../../../policy/chat/traffic.ts";
import { chatPolicyOptionsSchema, chatPolicyWithin } from "../../../policy/chat.ts";
import type { Policy } from "../../../policy/policy.ts";
import type { OpenOptions } from "../../trainer.ts";
import type { ModelKind } from "../model-directory.ts";

/** A model to be served. */
export interface ServedModel {
  /** A directory, a name on the hub, or the id of a hosted model. */
  readonly location: string;
  /** Hash of all that determines its behaviour. */
  readonly version: string;
  readonly kind: ModelKind;
  /** The model that an adapter is for; `location` itself for the base model. */
  readonly base: string;
}

/** Brings a model behind an OpenAI-compatible server. Disposing of the policy takes it away again. */
export interface ModelServer {
  readonly name: string;
  /** Whether it refuses whole models, but for the base model. */
  readonly adaptersOnly?: boolean;
  /** Settings that decide what the served student answers. No secrets, and no addresses. */
  describe?(): unknown;
  /** Aborting `signal` stops it, and takes away what was half brought up. @throws the signal's reason */
  open(model: ServedModel, options?: OpenOptions): Promise<Policy>;
}

const studentSchema = chatPolicyOptionsSchema.omit({
  baseUrl: true,
  model: true,
  apiKeyEnvironmentVariable: true,
});
/** How the student is spoken to. `baseUrl`, `model` and the key are the server's business. */
export type StudentOptions = z.input<typeof studentSchema>;

/** What every server is told. */
export const serverSettings = {
  /** Up to where `/chat/completions` begins. */
  baseUrl: z.string(),
  /** How the student is asked. */
  student: z.custom<StudentOptions>((value) => typeof value === "object" && value !== null).default({}),
};

/** The option `apiKeyEnvironmentVariable`: the environment variable that holds the key. */
export const keyVariable = z.string().min(1).optional();

/**
 * Checks a server's options when the configuration is read: hours of training may pass before the first student is opened.
 * @throws ConfigurationError naming each option that is wrong.
 */
export function parseServerOptions<Schema extends z.ZodType<{ readonly student: StudentOptions }>>(
  server: string,
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const options = parseOptions(server, schema, input, "docs/trainers.md");
  parseChatOptions(studentSchema, options.student);
  return options;
}

/** The limits and the budget that all students of a server share: they are those of the run, not of one student. */
export function studentTraffic(student: StudentOptions): Traffic {
  return createTraffic("student", parseChatOptions(studentSchema, student));
}

export interface StudentSource {
  readonly model: ServedModel;
  /** Its name on the server. */
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKeyEnvironmentVariable?: string | undefined;
  readonly options: StudentOptions;
  readonly traffic: Traffic;
  readonly close: () => Promise<void>;
}

/** The chat policy on a served model. Its version is the model's: addresses and names on a server change, the student does not. */
export function studentPolicy(source: StudentSource): Policy {
  const { model, name, baseUrl, apiKeyEnvironmentVariable, options, traffic, close } = source;
  const policy = chatPolicyWithin(
    {
      ...options,
      baseUrl,
      model: name,
      ...(apiKeyEnvironmentVariable === undefined ? {} : { apiKeyEnvironmentVariable }),
    },
    traffic,
  );
  return {
    ...policy,
    name: `student:${name}`,
    version: model.version,
    [Symbol.asyncDispose]: async () => {
      await policy[Symbol.asyncDispose]();
      await close();
    },
  };
}

/** The part of the options that decides what the student answers. */
export function describeStudent(options: StudentOptions): unknown {
  const { systemPrompt, temperature, maximumTokens, stop, extraBody } = options;
  const { actions, promptStyle, workedExample } = options;
  return { systemPrompt, temperature, maximumTokens, stop, extraBody, actions, promptStyle, workedExample };
}

import { checkedBaseUrl } from "../../../policy/chat/base-url.ts";
import { describeStudent, type ModelServer, type StudentOptions, studentPolicy } from "./model-server.ts";

export interface HostedModelOptions {
  /** Up to where `/chat/completions` begins. */
  readonly baseUrl: string;
  /** The environment variable that holds the key. */
  readonly apiKeyEnvironmentVariable?: string;
  /** How the student is asked. */
  readonly student?: StudentOptions;
}

/** A service that serves a model by its id, without further ado: Together's models, or a server that loads what it is asked for. */
export function hostedModel(options: HostedModelOptions): ModelServer {
  const { apiKeyEnvironmentVariable, student = {} } = options;
  const baseUrl = checkedBaseUrl("hostedModel", options.baseUrl);
  return {
    name: "hosted",
    describe: () => describeStudent(student),
    open: async (model) =>
      studentPolicy({
        model,
        name: model.location,
        baseUrl,
        apiKeyEnvironmentVariable,
        options: student,
        close: async () => {},
      }),
  };
}

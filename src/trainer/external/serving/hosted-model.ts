import { z } from "zod";
import { checkedBaseUrl } from "../../../policy/chat/base-url.ts";
import {
  describeStudent,
  keyVariable,
  type ModelServer,
  parseServerOptions,
  serverSettings,
  studentPolicy,
  studentTraffic,
} from "./model-server.ts";

const optionsSchema = z.strictObject({ ...serverSettings, apiKeyEnvironmentVariable: keyVariable });
export type HostedModelOptions = z.input<typeof optionsSchema>;

/** A service that serves a model by its id, without further ado: Together's models, or a server that loads what it is asked for. */
export function hostedModel(input: HostedModelOptions): ModelServer {
  const options = parseServerOptions("hostedModel", optionsSchema, input);
  const { apiKeyEnvironmentVariable, student } = options;
  const baseUrl = checkedBaseUrl("hostedModel", options.baseUrl);
  const traffic = studentTraffic(student);
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
        traffic,
        close: async () => {},
      }),
  };
}

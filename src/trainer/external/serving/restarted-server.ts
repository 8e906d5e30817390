import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { ConfigurationError } from "../../../errors.ts";
import { checkedBaseUrl } from "../../../policy/chat/base-url.ts";
import { longestSeconds } from "../../../policy/chat/settings.ts";
import { ProgramFailedError } from "../errors.ts";
import { ServiceError } from "../http.ts";
import { type LogFile, openLogFile } from "../process/log-file.ts";
import { type Command, type SupervisedProcess, startSupervised } from "../process/supervised-process.ts";
import { shellText } from "../shell-text.ts";
import { failingWithServer } from "./ended-server.ts";
import {
  describeStudent,
  type ModelServer,
  parseServerOptions,
  type ServedModel,
  serverSettings,
  studentPolicy,
  studentTraffic,
} from "./model-server.ts";
import { servedModels } from "./served-models.ts";

const functionOf = <Of>() =>
  z.custom<(model: ServedModel) => Of>((value) => typeof value === "function", "expected a function");
const optionsSchema = z.strictObject({
  ...serverSettings,
  /** Program and arguments that serve a model: `({ location }) => ["vllm", "serve", location, "--port", "8000"]`. */
  command: functionOf<readonly string[]>(),
  /** The model's name on the server. Default: the first that it lists. With it, the server need not list any. */
  modelName: functionOf<string>().optional(),
  /** Environment variables for the server. Never stored. */
  environment: z.record(z.string(), z.string()).default({}),
  /** How long it may take to load the model. */
  startSeconds: z.number().positive().max(longestSeconds).default(900),
  /** Between the request to stop and the kill. */
  stopGraceSeconds: z.number().min(0).max(longestSeconds).default(30),
});
export type RestartedServerOptions = z.input<typeof optionsSchema>;

const pollMilliseconds = 500;

/**
 * Starts a server for each student, waits until it lists its models at `baseUrl`, where nothing may answer before, and stops it, with
 * all that it started, when the student is closed. So the GPU is free while the next student is trained. The log is `server.log` in the
 * training's folder.
 */
export function restartedServer(input: RestartedServerOptions): ModelServer {
  const options = parseServerOptions("restartedServer", optionsSchema, input);
  const { environment, startSeconds, stopGraceSeconds, student } = options;
  const baseUrl = checkedBaseUrl("restartedServer", options.baseUrl);
  const traffic = studentTraffic(student);
  return {
    name: "restarted-server",
    describe: () => describeStudent(student),
    open: async (model, { signal } = {}) => {
      await refuseAnotherServer(baseUrl, signal);
      const command = commandOf(options.command(model));
      const log = openLogFile(logFileFor(model));
      log.append(`$ ${shellText(command)}`);
      const server = startSupervised(
        { ...command, environment },
        { folder: process.cwd(), graceSeconds: stopGraceSeconds, onLine: log.append },
      );
      const stop = async () => {
        await server.stop();
        log[Symbol.dispose]();
      };
      try {
        const given = options.modelName?.(model);
        const names = await untilReady(server, {
          baseUrl,
          startSeconds,
          log,
          needsList: given === undefined,
          signal,
        });
        const name = given ?? names[0] ?? model.location;
        const policy = studentPolicy({ model, name, baseUrl, options: student, traffic, close: stop });
        return failingWithServer(policy, server, log);
      } catch (error) {
        await stop();
        signal?.throwIfAborted();
        throw error;
      }
    },
  };
}

/** A server left by somebody else would be taken for the new one, and its model for the student. */
async function refuseAnotherServer(baseUrl: string, signal: AbortSignal | undefined): Promise<void> {
  const answers = await servedModels(baseUrl, { signal }).then(
    () => true,
    (error: unknown) => error instanceof ServiceError && error.status !== undefined,
  );
  signal?.throwIfAborted();
  if (!answers) return;
  throw new ConfigurationError(`Something answers at ${baseUrl} already.`, {
    hint: "Stop it, or give this server another port.",
  });
}

function commandOf([program, ...given]: readonly string[]): Command {
  if (program !== undefined) return { program, arguments: given };
  throw new ConfigurationError("restartedServer: `command` gave no program.");
}

function logFileFor({ location, version }: ServedModel): string {
  const folder = `${location}.training`;
  return existsSync(folder)
    ? join(folder, "server.log")
    : join(tmpdir(), `eef-server-${version.replaceAll(/[^\w.-]/g, "-")}.log`);
}

interface Readiness {
  readonly baseUrl: string;
  readonly startSeconds: number;
  readonly log: LogFile;
  /** Whether it is ready only when it lists its models. */
  readonly needsList: boolean;
  readonly signal: AbortSignal | undefined;
}

/** @returns the names that it serves; none if it is ready and cannot list them. */
async function untilReady(
  server: SupervisedProcess,
  { baseUrl, startSeconds, log, needsList, signal }: Readiness,
): Promise<string[]> {
  const started = performance.now();
  let ending: string | undefined;
  let problem = "nothing was asked yet";
  server.ended.then(
    (code) => {
      ending = `it ended with code ${code} before it served anything`;
    },
    (error: unknown) => {
      ending = `it could not be started: ${error instanceof Error ? error.message : error}`;
    },
  );
  const fail = (problem: string) =>
    new ProgramFailedError({ program: "server", problem, logFile: log.path, lastLines: log.lastLines });
  while (performance.now() - started < startSeconds * 1000) {
    if (ending !== undefined) throw fail(ending);
    try {
      return await servedModels(baseUrl, { signal });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (!needsList && isUp(error)) return [];
      problem = error.message;
    }
    await setTimeout(pollMilliseconds, undefined, signal === undefined ? {} : { signal });
  }
  throw fail(`it was not ready within ${startSeconds} seconds (${problem})`);
}

/** Whether an answer that is no list of models comes from the server itself: one that is loading, or a proxy before it, says 502 to 504. */
function isUp({ status }: ServiceError): boolean {
  return status !== undefined && ![502, 503, 504].includes(status);
}

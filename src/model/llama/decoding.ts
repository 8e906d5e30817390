import type { DecodingSession, DecodingSessionOptions, LlamaConfiguration, Parameters } from "./types.ts";

/** Opens a decoding session; the parameters are copied into it. */
export async function createDecodingSession(
  _configuration: LlamaConfiguration,
  _parameters: Parameters,
  _options: DecodingSessionOptions,
): Promise<DecodingSession> {
  throw new Error("createDecodingSession is not implemented yet");
}

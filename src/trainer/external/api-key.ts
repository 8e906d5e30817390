import process from "node:process";
import { ConfigurationError } from "../../errors.ts";

/** Reads a key anew for each use: it is kept nowhere. @throws ConfigurationError if the variable is not set. */
export function readApiKey(user: string, variable: string): string {
  const key = process.env[variable]?.trim() ?? "";
  if (key !== "") return key;
  throw new ConfigurationError(`${user}: the environment variable ${variable} is not set.`, {
    hint: "Set it to the service's key. It is read for each request, never stored, and shown nowhere.",
  });
}

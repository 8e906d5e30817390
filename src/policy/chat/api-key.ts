import process from "node:process";
import { ConfigurationError } from "../../errors.ts";

/** Reads a key anew for each use: it is kept nowhere. @throws ConfigurationError if the variable holds none, or no usable one. */
export function readApiKey(user: string, variable: string): string {
  const key = process.env[variable]?.trim() ?? "";
  if (key === "") {
    throw new ConfigurationError(`${user}: the environment variable ${variable} is not set`, {
      hint: "Set it to the server's key, or name no variable if the server wants none. It is read for each request, and never stored or shown.",
    });
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ConfigurationError(`${user}: the environment variable ${variable} holds no usable key`, {
      hint: "A key has printable ASCII characters only, and no spaces.",
    });
  }
  return key;
}

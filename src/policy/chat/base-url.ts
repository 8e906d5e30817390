import { ConfigurationError } from "../../errors.ts";

const hint = 'Give an address such as "http://127.0.0.1:8000/v1".';

/**
 * Checks the option `baseUrl` of `who`. What passes may be shown and stored: it holds no password.
 *
 * @returns the address without slashes at its end, for a path to be appended.
 * @throws ConfigurationError, which does not show the address where it may hold a password.
 */
export function checkedBaseUrl(who: string, baseUrl: string): string {
  if (!URL.canParse(baseUrl)) throw new ConfigurationError(`${who}: \`baseUrl\` is not an address`, { hint });
  const url = new URL(baseUrl);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ConfigurationError(
      `${who}: \`baseUrl\` has the protocol ${url.protocol}, expected http: or https:`,
      { hint },
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "") {
    throw new ConfigurationError(`${who}: \`baseUrl\` holds a password or a query`, {
      hint: "Put the key into an environment variable and name that in `apiKeyEnvironmentVariable`.",
    });
  }
  url.hash = "";
  return url.href.replace(/\/+$/, "");
}

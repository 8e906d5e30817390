import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { ScienceWorldError } from "../errors.ts";

/** Variables that may hold the address of a Python package index, the first set one counts. */
const variables = ["EEF_PYTHON_INDEX", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"] as const;
const byHand =
  "Or download the wheel on another machine (pip download --no-deps scienceworld==1.2.3) and name it: eef scienceworld install --jar FILE.";

/** The address, and the login that stood in it (`https://user:password@host/`), which is sent to its own host only. */
export interface PackageIndex {
  readonly url: URL;
  readonly authorization?: string;
}

/**
 * The Python package index that this machine uses: what is named, then the environment's variables, then what an
 * installed pip uses, which tells its configuration or its own default in its help.
 *
 * @throws ScienceWorldError if there is none of these, or if the address is none
 */
export async function findPackageIndex(named?: string): Promise<PackageIndex> {
  const variable = variables.find((name) => (process.env[name] ?? "") !== "");
  const address = named ?? (variable === undefined ? await pipsIndex() : process.env[variable]);
  if (address === undefined) {
    throw new ScienceWorldError("No address of a Python package index is known on this machine.", {
      hint: `Name one with --index or in ${variables[0]}; an installed pip would have told its own. ${byHand}`,
    });
  }
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ScienceWorldError(
      "The address of the Python package index is not one that begins with https:// or http://.",
      { hint: named === undefined ? `It comes from ${variable ?? "pip"}.` : "It comes from --index." },
    );
  }
  const login =
    url.username === "" ? undefined : `${decodeEscapes(url.username)}:${decodeEscapes(url.password)}`;
  url.username = "";
  url.password = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return login === undefined
    ? { url }
    : { url, authorization: `Basic ${Buffer.from(login).toString("base64")}` };
}

async function pipsIndex(): Promise<string | undefined> {
  for (const python of ["python3", "python"]) {
    try {
      const { stdout } = await promisify(execFile)(python, ["-m", "pip", "install", "--help"], {
        timeout: 30_000,
      });
      // Lines of the help are wrapped, addresses are not.
      const address = /--index-url[\s\S]*?\(default:?\s+(https?:\/\/[^\s)]+)\)/.exec(stdout)?.[1];
      if (address !== undefined) return address;
    } catch {
      // No such Python, or one without pip.
    }
  }
  return undefined;
}

export function headersFor(index: PackageIndex, url: URL): Record<string, string> {
  return index.authorization !== undefined && url.origin === index.url.origin
    ? { authorization: index.authorization }
    : {};
}

const longestPage = 20_000_000;

/**
 * Where the index has this file of a project ("Simple repository API", its HTML form).
 *
 * @throws ScienceWorldError if the index cannot be reached, or does not have the file
 */
export async function findFile(index: PackageIndex, project: string, file: string): Promise<URL> {
  const page = new URL(`${project}/`, index.url);
  let response: Response;
  let text: string;
  try {
    response = await fetch(page, {
      headers: {
        accept: "text/html",
        ...headersFor(index, page),
      },
      signal: AbortSignal.timeout(60_000),
    });
    text = (await response.text()).slice(0, longestPage);
  } catch (cause) {
    throw unreachable(page, cause);
  }
  if (!response.ok) {
    throw new ScienceWorldError(`The package index at ${page.host} answered ${response.status}.`, {
      hint: `Is its address right? ${byHand}`,
    });
  }
  const base = response.url === "" ? page : new URL(response.url);
  const found = linksOf(text)
    .map((link) => URL.parse(link, base.href))
    .find((link) => link !== null && decodeEscapes(link.pathname).endsWith(`/${file}`));
  if (found === undefined || found === null || !/^https?:$/.test(found.protocol)) {
    throw new ScienceWorldError(`The package index at ${page.host} does not have ${file}.`, { hint: byHand });
  }
  return found;
}

export function unreachable(url: URL, cause: unknown): ScienceWorldError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error ? inner.message : String(inner);
  return new ScienceWorldError(`${url.host} cannot be reached (${reason.slice(0, 200)}).`, {
    hint: `Is this machine online? Run the command again to go on. ${byHand}`,
    cause,
  });
}

/** As far as they are escapes: what is malformed stays as it is. */
function decodeEscapes(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

function linksOf(text: string): string[] {
  return [...text.matchAll(/<a\s[^>]*?href\s*=\s*["']([^"']+)["']/gi)].map(([, link = ""]) =>
    link.replaceAll("&amp;", "&"),
  );
}

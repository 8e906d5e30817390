import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { EefError } from "../../../errors.ts";
import { notWritten } from "../../../files.ts";
import { ScienceWorldError } from "../errors.ts";
import { headersFor, type PackageIndex, unreachable } from "./package-index.ts";

export interface Download {
  readonly url: URL;
  readonly index: PackageIndex;
  /** Kept after an interruption, so that the next call goes on from there. */
  readonly partialFile: string;
  readonly sha256: string;
  readonly bytes: number;
}

const attempts = 4;
/** A connection that sends nothing for so long is given up. */
const longestSilence = 30_000;

/**
 * Downloads to `partialFile` and checks the hash. What an earlier call left there is gone on from, where the server
 * allows it. A connection that breaks is opened again, a few times.
 *
 * @throws ScienceWorldError if the server cannot be reached, answers with an error, or sends something else; FileNotWrittenError
 */
export async function download(what: Download): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const resumedFrom = await sizeOf(what.partialFile);
    try {
      if (resumedFrom < what.bytes) await fetchRest(what, resumedFrom);
    } catch (error) {
      if (error instanceof EefError) throw error;
      if (attempt >= attempts) throw unreachable(what.url, error);
      continue;
    }
    if ((await hashOf(what.partialFile)) === what.sha256) return;
    await rm(what.partialFile, { force: true });
    // The part that was there before may have been the wrong one: once more, from the beginning.
    if (resumedFrom > 0 && attempt < attempts) continue;
    throw anotherFile(what, "its hash differs");
  }
}

function anotherFile({ url }: Download, difference: string): ScienceWorldError {
  return new ScienceWorldError(`${url.host} sent another file than the pinned one: ${difference}.`, {
    hint: "Nothing was installed. Try another --index.",
  });
}

async function fetchRest(what: Download, from: number): Promise<void> {
  const { url, index, partialFile, bytes } = what;
  const controller = new AbortController();
  const giveUp = () => controller.abort(new Error(`silent for ${longestSilence / 1000} seconds`));
  let timer = setTimeout(giveUp, longestSilence);
  try {
    const response = await fetch(url, {
      headers: {
        ...headersFor(index, url),
        "accept-encoding": "identity",
        ...(from > 0 ? { range: `bytes=${from}-` } : {}),
      },
      signal: controller.signal,
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      if (from > 0) await rm(partialFile, { force: true });
      throw new ScienceWorldError(`${url.host} answered ${response.status} instead of the file.`, {
        hint: "Run the command again, or name another --index.",
      });
    }
    const goesOn = response.status === 206;
    let size = goesOn ? from : 0;
    const { headers } = response;
    const announced = headers.has("content-encoding") ? null : headers.get("content-length");
    if (announced !== null && size + Number(announced) !== bytes) {
      await response.body.cancel();
      await rm(partialFile, { force: true });
      throw anotherFile(what, `it has ${size + Number(announced)} bytes, not ${bytes}`);
    }
    const explained = (error: unknown): never => {
      throw notWritten(error, partialFile);
    };
    await using file = await open(partialFile, goesOn ? "a" : "w").catch(explained);
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, longestSilence);
      size += chunk.length;
      if (size > bytes) break; // Not the pinned file: the hash will say so.
      // `write` may write less than it is given, on a disk that is nearly full.
      await file.appendFile(chunk).catch(explained);
    }
    if (size < bytes) throw new Error(`the connection ended after ${size} of ${bytes} bytes`);
  } finally {
    clearTimeout(timer);
  }
}

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex");
}

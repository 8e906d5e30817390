import { createHash } from "node:crypto";

/** A published version of the simulator's jar. */
export interface SimulatorVersion {
  readonly version: string;
  /** SHA-1 of the jar as git hashes a file: what the benchmark's repository names it by. */
  readonly gitHash: string;
  /** SHA-256 of the jar, where it was published in a wheel. */
  readonly sha256?: string;
  /** The Python wheel that holds it, if the package index has one. */
  readonly wheel?: { readonly file: string; readonly sha256: string; readonly bytes: number };
  /** Iterates over identity hashes, so that only `-XX:hashCode=2` makes it deterministic. */
  readonly needsFixedHashes: boolean;
  /** Shares of what was recorded (with version 1.3.0) that a faithful replay reaches at least. */
  readonly conformance: {
    readonly openings: number;
    readonly observations: number;
    readonly scores: number;
  };
}

/** Newest first: the first that is installed is used. */
export const simulatorVersions: readonly SimulatorVersion[] = [
  {
    version: "1.3.0",
    gitHash: "3b9d98036bfd7949c75d2454f1268ec11a9320dd",
    needsFixedHashes: false,
    conformance: { openings: 1, observations: 1, scores: 1 },
  },
  {
    version: "1.2.3",
    gitHash: "2992a4d843ee65c1b01a502dc8f211d0740b0c4f",
    sha256: "f4e1fdce0cdabe1bab7128a7e78ea820210d9db3c28d7272bcbbc3f3a1c5f0d7",
    wheel: {
      file: "scienceworld-1.2.3-py3-none-any.whl",
      sha256: "e9737b9d099bfaad90ef053ad6ac1d795e2063ed320efdfc0e9d9c8b5bebf419",
      bytes: 7_284_687,
    },
    needsFixedHashes: true,
    conformance: { openings: 0.95, observations: 0.95, scores: 0.97 },
  },
];

/** The version that these bytes are, or undefined if they are none that is known. */
export function identifyJar(bytes: Uint8Array): SimulatorVersion | undefined {
  const gitHash = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
  const sha256 = sha256Of(bytes);
  return simulatorVersions.find(
    (known) => known.gitHash === gitHash && (known.sha256 === undefined || known.sha256 === sha256),
  );
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { ScienceWorldError, SimulatorLostError } from "../errors.ts";
import { lineReader } from "./line-reader.ts";
import {
  encodeCall,
  encodeConstruction,
  encodeExceptionText,
  encodeRelease,
  type GatewayArgument,
  type GatewayReply,
  type GatewayValue,
  type ObjectReference,
  parseReply,
} from "./protocol.ts";
import { mostLate } from "./time-limit.ts";

/** Longer answers than this are no observation: something is wrong. */
const longestReply = 64 * 2 ** 20;
/** Room for what is read at once. */
const readSize = 2 ** 16;

/** Milliseconds after the end of the connection within which the end of the process is noticed. */
const exitNotice = 500;

/** A method, and what it is given. */
type GatewayCall = readonly [method: string, ...values: readonly GatewayArgument[]];

/** Commands that were sent together, and what they were answered with so far. */
interface Pending {
  readonly count: number;
  readonly replies: GatewayReply[];
  resolve(replies: readonly GatewayReply[]): void;
  reject(error: Error): void;
}

/**
 * One connection to a gateway. Answers come in the order of the calls, so any number of calls may be under way:
 * those made in one go leave in one packet. While no call is under way, the connection does not keep the process alive.
 *
 * A step of the simulator takes 5 ms, so what is done for each step is kept small: nothing is allocated to read into,
 * no timer is set, and calls that belong together have one promise.
 */
export class GatewayConnection implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #pending: Pending[] = [];
  readonly #read = lineReader((line) => this.#answer(line));
  #silence: number;
  #outgoing = "";
  /** When the last answer came, or, after a rest, the call was made. */
  #lastSign = 0;
  #timer: NodeJS.Timeout | undefined;
  #lost: SimulatorLostError | undefined;

  private constructor(port: number, silence: number) {
    this.#silence = silence;
    const onread = {
      buffer: Buffer.allocUnsafe(readSize),
      callback: (length: number, bytes: Uint8Array) => {
        if (this.#read(bytes.subarray(0, length)) > longestReply) this.lose("Its answer has no end.");
        return true;
      },
    };
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true, onread });
  }

  /** @param silence milliseconds that a call may go unanswered before the simulator counts as hung */
  static async open(port: number, silence: number): Promise<GatewayConnection> {
    const connection = new GatewayConnection(port, silence);
    await connection.#open(port);
    return connection;
  }

  async #open(port: number): Promise<void> {
    try {
      await once(this.#socket, "connect");
    } catch (cause) {
      throw new SimulatorLostError(
        `The simulator listens on port ${port}, but no connection could be made: ${String(cause)}`,
        { cause },
      );
    }
    this.#socket.unref();
    let reason = "It closed the connection.";
    this.#socket.on("error", (error) => {
      reason = `The connection to it broke: ${error.message}`;
    });
    // A JVM that ends closes the connection first: how it ended says more, and is known a moment later.
    this.#socket.on("close", () => {
      if (!this.isLost) setTimeout(() => this.lose(reason), exitNotice);
    });
  }

  /** @throws ScienceWorldError for an exception inside the JVM, SimulatorLostError if it does not answer */
  async call(
    target: ObjectReference | string,
    method: string,
    ...values: readonly GatewayArgument[]
  ): Promise<GatewayValue> {
    const [value] = await this.calls(target, [[method, ...values]]);
    return value;
  }

  /** Several calls of one object, one after the other, and all they return. Throws as `call` does, for the first that fails. */
  async calls(
    target: ObjectReference | string,
    calls: readonly GatewayCall[],
  ): Promise<readonly GatewayValue[]> {
    const id = typeof target === "string" ? target : target.id;
    const commands = calls.map(([method, ...values]) => encodeCall(id, method, values));
    return await this.#values(
      commands,
      calls.map(([method]) => method),
    );
  }

  async construct(className: string, ...values: readonly GatewayArgument[]): Promise<ObjectReference> {
    const [value] = await this.#values([encodeConstruction(className, values)], [className]);
    if (typeof value !== "object") throw new ScienceWorldError(`${className} could not be made.`);
    return value;
  }

  /** All texts of a list or an array of strings, which the JVM then forgets. */
  async strings(list: ObjectReference): Promise<string[]> {
    const separator = "\u0001";
    const joined = this.call("z:java.lang.String", "join", separator, list);
    const [text] = await Promise.all([joined, this.release(list)]);
    if (typeof text !== "string") throw new ScienceWorldError("Expected a list of texts.");
    return text === "" ? [] : text.split(separator);
  }

  async release({ id }: ObjectReference): Promise<void> {
    await this.#send([encodeRelease(id)]);
  }

  /** Ends the connection; every call under way and to come fails with this reason. */
  lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = new SimulatorLostError(`The simulator was lost. ${reason}`);
    clearTimeout(this.#timer);
    this.#socket.destroy();
    for (const { reject } of this.#pending.splice(0)) reject(this.#lost);
  }

  /** Milliseconds that a call may go unanswered from now on. */
  set silence(milliseconds: number) {
    this.#silence = milliseconds;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#watch();
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lose("It was closed.");
  }

  async #values(commands: readonly string[], names: readonly string[]): Promise<readonly GatewayValue[]> {
    const replies = await this.#send(commands);
    const failed = replies.findIndex(({ kind }) => kind !== "value");
    if (failed < 0) return replies.map((reply) => (reply.kind === "value" ? reply.value : undefined));
    const text = await this.#exceptionText(replies[failed]);
    throw new ScienceWorldError(`The simulator failed in ${names[failed]}: ${String(text).slice(0, 500)}`);
  }

  async #exceptionText(reply: GatewayReply | undefined): Promise<GatewayValue> {
    if (reply?.kind === "exception") return reply.text;
    if (reply?.kind !== "exception-object") return undefined;
    const [asked] = await this.#send([encodeExceptionText(reply.id)]);
    return asked?.kind === "value" ? asked.value : undefined;
  }

  #send(commands: readonly string[]): Promise<readonly GatewayReply[]> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      if (this.#outgoing === "") queueMicrotask(() => this.#flush());
      this.#outgoing += commands.join("");
      if (this.#pending.push({ count: commands.length, replies: [], resolve, reject }) > 1) return;
      this.#socket.ref();
      this.#lastSign = performance.now();
      this.#watch();
    });
  }

  #flush(): void {
    if (this.#lost === undefined) this.#socket.write(this.#outgoing);
    this.#outgoing = "";
  }

  /**
   * While calls are under way there is one timer, which finds out how long ago the last answer was. A timer that comes late tells that
   * this process stood still itself, so that it may have answers to read: it then begins to wait anew.
   */
  #watch(): void {
    if (this.#timer !== undefined || this.#pending.length === 0) return;
    const rest = this.#lastSign + this.#silence - performance.now();
    if (rest <= 0) {
      this.lose(`It gave no answer within ${this.#silence / 1000} s.`);
      return;
    }
    const due = performance.now() + rest;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (performance.now() > due + mostLate) this.#lastSign = performance.now();
      this.#watch();
    }, Math.ceil(rest)).unref();
  }

  #answer(line: string): void {
    const [pending] = this.#pending;
    if (pending === undefined) {
      this.lose("It answered without being asked.");
      return;
    }
    try {
      pending.replies.push(parseReply(line));
    } catch (error) {
      pending.reject(error instanceof Error ? error : new Error(String(error)));
      this.lose("It does not speak the gateway's protocol.");
      return;
    }
    this.#lastSign = performance.now();
    if (pending.replies.length < pending.count) return;
    this.#pending.shift();
    if (this.#pending.length === 0) this.#socket.unref();
    pending.resolve(pending.replies);
  }
}

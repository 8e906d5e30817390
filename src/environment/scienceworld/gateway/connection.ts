import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { ScienceWorldError, SimulatorLostError } from "../errors.ts";
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

/** Longer answers than this are no observation: something is wrong. */
const longestReply = 64 * 2 ** 20;

/** Milliseconds after the end of the connection within which the end of the process is noticed. */
const exitNotice = 500;

interface Pending {
  resolve(reply: GatewayReply): void;
  reject(error: Error): void;
}

/**
 * One connection to a gateway. Answers come in the order of the calls, so any number of calls may be under way:
 * those made in one go leave in one packet. While no call is under way, the connection does not keep the process alive.
 */
export class GatewayConnection implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #pending: Pending[] = [];
  #silence: number;
  #outgoing = "";
  #incoming: string[] = [];
  #incomingLength = 0;
  #timer: NodeJS.Timeout | undefined;
  #lost: SimulatorLostError | undefined;

  private constructor(socket: Socket, silence: number) {
    this.#socket = socket;
    this.#silence = silence;
    socket.setEncoding("utf8").setNoDelay(true).unref();
    socket.on("data", (text: string) => this.#receive(text));
    let reason = "It closed the connection.";
    socket.on("error", (error) => {
      reason = `The connection to it broke: ${error.message}`;
    });
    // A JVM that ends closes the connection first: how it ended says more, and is known a moment later.
    socket.on("close", () => {
      if (!this.isLost) setTimeout(() => this.lose(reason), exitNotice);
    });
  }

  /** @param silence milliseconds that a call may go unanswered before the simulator counts as hung */
  static async open(port: number, silence: number): Promise<GatewayConnection> {
    const socket = connect({ host: "127.0.0.1", port });
    try {
      await once(socket, "connect");
    } catch (cause) {
      throw new SimulatorLostError(
        `The simulator listens on port ${port}, but no connection could be made: ${String(cause)}`,
        { cause },
      );
    }
    return new GatewayConnection(socket, silence);
  }

  /** @throws ScienceWorldError for an exception inside the JVM, SimulatorLostError if it does not answer */
  async call(
    target: ObjectReference | string,
    method: string,
    ...values: readonly GatewayArgument[]
  ): Promise<GatewayValue> {
    const id = typeof target === "string" ? target : target.id;
    return await this.#value(encodeCall(id, method, values), method);
  }

  async construct(className: string, ...values: readonly GatewayArgument[]): Promise<ObjectReference> {
    const value = await this.#value(encodeConstruction(className, values), className);
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
    await this.#send(encodeRelease(id));
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
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lose("It was closed.");
  }

  async #value(command: string, name: string): Promise<GatewayValue> {
    const reply = await this.#send(command);
    if (reply.kind === "value") return reply.value;
    let text: GatewayValue;
    if (reply.kind === "exception") text = reply.text;
    else {
      const asked = await this.#send(encodeExceptionText(reply.id));
      text = asked.kind === "value" ? asked.value : undefined;
    }
    throw new ScienceWorldError(`The simulator failed in ${name}: ${String(text).slice(0, 500)}`);
  }

  #send(command: string): Promise<GatewayReply> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => this.#queue(command, { resolve, reject }));
  }

  #queue(command: string, pending: Pending): void {
    if (this.#outgoing === "") queueMicrotask(() => this.#flush());
    this.#outgoing += command;
    if (this.#pending.push(pending) === 1) {
      this.#socket.ref();
      this.#watch();
    }
  }

  #flush(): void {
    if (this.#lost === undefined) this.#socket.write(this.#outgoing);
    this.#outgoing = "";
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.lose(`It gave no answer within ${this.#silence / 1000} s.`),
      this.#silence,
    );
  }

  #receive(text: string): void {
    const lines = text.split("\n");
    for (const [index, part] of lines.entries()) {
      this.#incoming.push(part);
      this.#incomingLength += part.length;
      if (index === lines.length - 1) break;
      const line = this.#incoming.join("");
      this.#incoming = [];
      this.#incomingLength = 0;
      this.#answer(line);
    }
    if (this.#incomingLength > longestReply) this.lose("Its answer has no end.");
  }

  #answer(line: string): void {
    const pending = this.#pending.shift();
    if (pending === undefined) {
      this.lose("It answered without being asked.");
      return;
    }
    if (this.#pending.length > 0) this.#watch();
    else {
      clearTimeout(this.#timer);
      this.#socket.unref();
    }
    try {
      pending.resolve(parseReply(line));
    } catch (error) {
      pending.reject(error instanceof Error ? error : new Error(String(error)));
      this.lose("It does not speak the gateway's protocol.");
    }
  }
}

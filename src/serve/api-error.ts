import { EefError } from "../errors.ts";

export interface ApiErrorOptions {
  /** The field of the request that is wrong, as in "messages[0].content". */
  readonly parameter?: string;
  /** What programs recognise the error by. */
  readonly code?: string;
}

/** A request that cannot be answered. The client gets it in the form of OpenAI's errors. */
export class ApiError extends EefError {
  override readonly name = "ApiError";
  /** The HTTP status, from 400 on. */
  readonly status: 400 | 403 | 404 | 405 | 413 | 415 | 500 | 503;
  readonly parameter: string | undefined;
  readonly code: string | undefined;

  constructor(status: ApiError["status"], message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.status = status;
    this.parameter = options.parameter;
    this.code = options.code;
  }

  toJSON() {
    return {
      error: {
        message: this.message,
        type: this.status < 500 ? "invalid_request_error" : "server_error",
        param: this.parameter ?? null,
        code: this.code ?? null,
      },
    };
  }
}

import { EefError } from "../../errors.ts";

/** The shop cannot do what it was asked: a search that the benchmark itself fails on, a product it does not have. */
export class WebShopError extends EefError {
  override readonly name = "WebShopError";
}

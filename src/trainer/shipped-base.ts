import { fileURLToPath } from "node:url";

/** The directory of the base checkpoint that comes with the package; `eef pretrain` makes it. */
export const shippedBase: string = fileURLToPath(new URL("../../assets/base", import.meta.url));

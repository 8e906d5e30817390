import { ConfigurationError } from "../errors.ts";
import { type DeviceOption, deviceOptions, isDeviceOption } from "../model/graph/device.ts";

/** The option of commands that train the embedded student. */
export const deviceArgument = {
  device: {
    type: "string",
    description: "What trains: cpu, webgpu, or auto (default: EEF_DEVICE, or cpu)",
    valueHint: "DEVICE",
  },
} as const;

/** As an option for whoever trains: empty where the command line names none. */
export function readDevice(text: string | undefined): { readonly device?: DeviceOption } {
  if (text === undefined) return {};
  if (isDeviceOption(text)) return { device: text };
  throw new ConfigurationError(`--device takes ${deviceOptions.join(", ")}, not "${text}".`);
}

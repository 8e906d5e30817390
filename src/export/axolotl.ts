import { basename } from "node:path";
import type { ExampleFormat } from "./example-format.ts";
import { flaggedMessages, toolsColumn } from "./messages-format.ts";

/** Axolotl, `type: chat_template`: each message carries `train`. */
export const axolotlFormat: ExampleFormat = {
  name: "axolotl",
  description: "Axolotl: messages with train: true or false",
  layout: "lines",
  rowsOf: (example) => [
    {
      messages: flaggedMessages(example, "train", (isTrained) => isTrained, "every message", "native"),
      ...toolsColumn(example),
    },
  ],
  companions: ({ file, name }) => [
    {
      name: `${name}.axolotl.yaml`,
      // JSON strings are YAML strings.
      content: `# Copy this into the configuration of \`axolotl train\`.
datasets:
  - path: ${JSON.stringify(basename(file))}
    ds_type: json
    type: chat_template
    field_messages: messages
    message_property_mappings:
      role: role
      content: content
    # Without the next two lines every assistant message would be trained on.
    roles_to_train: []
    message_field_training: train
    train_on_eos: turn
`,
    },
  ],
  usage: ({ name }) => `Copy ${name}.axolotl.yaml into your configuration for \`axolotl train\`.`,
};

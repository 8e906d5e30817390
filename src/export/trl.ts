import { type ExampleFormat, UnfitExampleError } from "./example-format.ts";
import { plainMessages, textCallsNotes } from "./template-calls.ts";

/**
 * TRL's SFTTrainer has no field for the loss of a message. Two ways around it:
 *
 * - `trl-template`: each message carries `train`, and a chat template encloses those messages in `{% generation %}`, which
 *   `assistant_only_loss=True` trains on.
 * - `trl-tokens`: the tokens, and as labels the tokens again with -100 where nothing is learned. Works with every template.
 *   Packing and the Liger kernel keep `assistant_masks` but drop `labels`, so the mask stands in both.
 *
 * TRL stops at an example without a target; the exporter has left those out.
 */

/** The chat format of the embedded student (src/model/tokenizer/chat.ts) with the trained messages marked for TRL. */
export const generationTemplate =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' }}" +
  "{% if message['train'] %}{% generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}" +
  "{% else %}{{ message['content'] + '<|end|>' }}{% endif %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

export const trlTemplateFormat: ExampleFormat = {
  name: "trl-template",
  description: "TRL: messages with train, for a chat template with {% generation %}",
  layout: "lines",
  rowsOf: (example, { tokenizer }) => {
    const { messages, tools } = tokenizer?.layOut(example) ?? { messages: plainMessages(example.messages) };
    return [
      {
        messages: messages.map((message, index) => ({ ...message, train: example.trained[index] === true })),
        ...(tools === undefined ? {} : { tools }),
      },
    ];
  },
  callsAsTextBecause: (example, { tokenizer }) =>
    tokenizer === undefined
      ? "no tokenizer was named whose chat template can be asked whether it writes them (--tokenizer DIR)"
      : tokenizer.layOut(example).callsAsTextBecause,
  companions: ({ name, tokenizer }) =>
    tokenizer === undefined || tokenizer.kind === "eef"
      ? [{ name: `${name}.chat_template.jinja`, content: generationTemplate }]
      : [],
  usage: ({ name, tokenizer }) =>
    tokenizer === undefined || tokenizer.kind === "eef"
      ? `${name}.chat_template.jinja is the embedded student's template: set it as the tokenizer's chat_template, and assistant_only_loss=True. For another model, enclose what its own template writes for a message with \`train\` in {% generation %} … {% endgeneration %}, or use trl-tokens.`
      : tokenizer.marksGeneration
        ? "Set assistant_only_loss=True; the tokenizer's own template marks the messages with train."
        : "The tokenizer's chat template does not enclose messages with `train` in {% generation %} … {% endgeneration %}: change it so, or use trl-tokens.",
};

export const trlTokensFormat: ExampleFormat = {
  name: "trl-tokens",
  description: "TRL: input_ids, labels and assistant_masks (needs --tokenizer)",
  layout: "lines",
  needsTokenizer: true,
  rowsOf: (example, { tokenizer, onNote }) => {
    if (tokenizer === undefined) throw new UnfitExampleError("", "a tokenizer is needed to write tokens");
    const { ids, weights, notes } = tokenizer.mask(example);
    // Calls as text are counted by the exporter.
    const counted = textCallsNotes(tokenizer.layOut(example));
    for (const note of notes) if (!counted.includes(note)) onNote?.(note);
    const isTrained = (index: number): boolean => (weights[index] ?? 0) > 0;
    return [
      {
        input_ids: ids,
        labels: ids.map((id, index) => (isTrained(index) ? id : -100)),
        assistant_masks: ids.map((_, index) => (isTrained(index) ? 1 : 0)),
      },
    ];
  },
  callsAsTextBecause: (example, { tokenizer }) => tokenizer?.layOut(example).callsAsTextBecause,
  usage: () =>
    "Give the file to SFTTrainer as its train_dataset; it takes the tokens and the mask as they are. Set max_length to no less than the longest row: what exceeds it is cut.",
};

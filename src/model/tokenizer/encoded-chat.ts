/** A conversation as token ids. The arrays are equally long. */
export interface EncodedChat {
  readonly ids: readonly number[];
  /**
   * For each token the index of the message that it belongs to, if whoever writes the message writes the token: its
   * text and what ends it. -1 for what only announces a message.
   */
  readonly messageOf: readonly number[];
}

/** Special tokens as `config.json` names them. */
export interface SpecialTokenIds {
  readonly bos: number | null;
  readonly eos: number | readonly number[] | null;
  readonly pad: number | null;
}

/** Every number that both sides must agree on, with its unit. */

/** Version of our own messages; a change of any wire schema raises it (see SPEC.md, "Versions"). */
export const PROTOCOL_VERSION = 3;

/** Sequences in one segment of a conversation. */
export const SEGMENT_SIZE = 512;

/** UTF-16 units in the text of one message. */
export const MESSAGE_TEXT_MAX = 16_384;

/** Typed ranges (bold, link, mention, …) in one message. */
export const MESSAGE_RANGES_MAX = 256;

/** Reactions of one person to one message. */
export const REACTIONS_MAX = 20;

/** Bytes of one frame from a client, documents' updates included. */
export const FRAME_MAX_BYTES = 64 * 1024 * 1024;

/** Bytes from which a client of ours sends what it made without a network in parts. */
export const UPLOAD_PART_BYTES = 512 * 1024;

/** Bytes of one of our own messages. */
export const WEFT_MESSAGE_MAX_BYTES = 256 * 1024;

/** Characters of a person's name. */
export const NAME_MAX = 64;

/** Characters of a title in the workspace directory. */
export const TITLE_MAX = 200;

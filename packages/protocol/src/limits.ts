/** Every number that both sides must agree on, with its unit. */

/** Version of our own messages; a change of any wire schema raises it (see SPEC.md, "Versions"). */
export const PROTOCOL_VERSION = 11;

/** Sequences in one segment of a conversation. */
export const SEGMENT_SIZE = 512;

/** UTF-16 units in the text of one message. */
export const MESSAGE_TEXT_MAX = 16_384;

/** Typed ranges (bold, link, mention, …) in one message. */
export const MESSAGE_RANGES_MAX = 256;

/** UTF-16 units of what is searched for, and the words in it. */
export const QUERY_MAX = 200;
export const QUERY_WORDS_MAX = 12;

/** Files of one message. */
export const FILES_MAX = 10;

/** UTF-16 units in the name of a file. */
export const FILE_NAME_MAX = 200;

/** Pixels of a side of an image. */
export const FILE_SIDE_MAX = 65_535;

/** Bytes of one file, unless the server is told otherwise: 25 MiB. */
export const FILE_MAX_BYTES = 25 * 1024 * 1024;

/** Reactions of one person to one message. */
export const REACTIONS_MAX = 20;

/** Comment threads that one document lists. */
export const THREADS_MAX = 1_000;

/** UTF-16 units of what a comment thread quotes. */
export const QUOTE_MAX = 280;

/** Bytes of one frame from a client. */
export const FRAME_MAX_BYTES = 1024 * 1024;

/**
 * Bytes of a frame that is a SyncStep2: stock clients bring all that they made without a network in one, and so does ours
 * what cannot be taken apart (one large picture, say).
 */
export const SYNC_FRAME_MAX_BYTES = 64 * 1024 * 1024;

/** Bytes that a socket may send before a token of its was accepted. */
export const UNSIGNED_MAX_BYTES = 64 * 1024;

/** Bytes from which a client of ours sends what it made without a network in parts. */
export const UPLOAD_PART_BYTES = 512 * 1024;

/** Bytes of one of our own messages. */
export const WEFT_MESSAGE_MAX_BYTES = 256 * 1024;

/** Characters of a person's name. */
export const NAME_MAX = 64;

/** Characters of a title in the workspace directory. */
export const TITLE_MAX = 200;

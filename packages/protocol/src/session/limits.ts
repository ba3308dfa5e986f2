/** Numbers of sessions (SPEC.md, "Sessions"). Bytes and milliseconds. */

/** The subprotocol in the upgrade (`Sec-WebSocket-Protocol`). */
export const SESSION_PROTOCOL = 'weft.1';

/**
 * Close code of a client that gives a link up because nothing comes of it, and will go on on another: 1000 and 1001
 * would end its session.
 */
export const LINK_GIVEN_UP = 4499;

/** Bytes of a message in one frame; longer messages leave in parts of at most so many. */
export const PART_BYTES = 64 * 1024;

/** Messages that may be under way in parts at the same time, in one direction. */
export const CHANNELS_MAX = 16;

/** What a side keeps for replay; what is older is let go, and a session that lacks it is not resumed. */
export const REPLAY = { frames: 4_096, bytes: 1024 * 1024 } as const;

/** A receiver says at the latest after so much that it has it; between these, acks travel with other frames. */
export const ACK_AFTER = { frames: 64, bytes: 64 * 1024 } as const;

/** How long documents and conversations wait for a socket that was cut. */
export const SESSION_BRIDGE_MS = 60_000;

/** How long a person who fell silent is shown as present, counted from when they were last heard. */
export const PRESENCE_BRIDGE_MS = 25_000;

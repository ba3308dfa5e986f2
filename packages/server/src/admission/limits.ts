/** How many a server takes. All counts are of open WebSockets unless they say otherwise. */
export interface AdmissionLimits {
  /** Signed in at once, those whose session waits for its client and seats kept for who was cut among them. */
  readonly seats: number;
  /** Waiting for a seat. Whoever comes when they are all there is told when to come back. */
  readonly waiting: number;
  /** Of one person, seated or waiting: their tabs and devices. */
  readonly perPerson: number;
  /** From one address (of IPv6, from one /64), before the sign-in too. */
  readonly perAddress: number;
  /** With one `document/<id>` open. Workspaces and conversations have as many as there are seats. */
  readonly perDocument: number;
  /** Documents, segments of conversations among them, that one has open. */
  readonly documentsPerSocket: number;
  /** Milliseconds for which a seat is kept for a person whose socket was cut. */
  readonly keptMs: number;
  /** Milliseconds after which a socket with nothing open, and with nothing to say, is closed. */
  readonly idleMs: number;
}

export const DEFAULT_ADMISSION: AdmissionLimits = {
  seats: 10_000,
  waiting: 10_000,
  perPerson: 100,
  perAddress: 5_000,
  perDocument: 1_000,
  documentsPerSocket: 1_000,
  keptMs: 30_000,
  idleMs: 300_000,
};

/** Of one person in the line: more would be places that nobody else gets. */
export const WAITING_PER_PERSON = 8;

/** Sockets that may be open beside those with a seat or a place: they have five seconds to sign in. */
export const UNSIGNED_MAX = 5_000;

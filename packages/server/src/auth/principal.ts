import type { Grant } from '@weft/protocol';

/** Who is on the other end, as the server verified it. */
export interface Principal {
  readonly tenant: string;
  readonly sub: string;
  readonly name: string;
  /** What the token itself grants; `undefined` leaves it to the database. */
  readonly grants: readonly Grant[] | undefined;
  /** When the token was issued, UTC milliseconds, to the second; absent for one that does not say. */
  readonly issued?: number;
  /** The token's own id (`jti`). */
  readonly tokenId?: string;
  /** When the token expires, UTC milliseconds; `undefined` for never. */
  readonly expires: number | undefined;
}

/** The server's own writes: seeding, repairs. */
export const SERVER_PRINCIPAL = '!server';

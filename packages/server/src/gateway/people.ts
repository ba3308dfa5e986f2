import type { Down } from '@weft/protocol';

/** A socket, as whoever changes rights sees it. */
export interface Present {
  readonly tenant: string;
  readonly sub: string;
  /** Rights have changed: those of every open document are asked anew. */
  recheck(): void;
  /** Sign-ins were taken back: the token is looked at anew. */
  reverify(): void;
  /** Tells the person's client, where it is one of ours. */
  tell(message: Down): void;
}

/** Whose sockets are open: where a change of rights has to act. */
export class People {
  readonly #present = new Map<string, Set<Present>>();

  add(present: Present): void {
    const sockets = this.#present.get(present.tenant);
    if (sockets === undefined) this.#present.set(present.tenant, new Set([present]));
    else sockets.add(present);
  }

  remove(present: Present): void {
    const sockets = this.#present.get(present.tenant);
    sockets?.delete(present);
    if (sockets?.size === 0) this.#present.delete(present.tenant);
  }

  /** The sockets of a person; of everybody in the tenant, without one. A snapshot. */
  of(tenant: string, sub?: string): readonly Present[] {
    const sockets = [...(this.#present.get(tenant) ?? [])];
    return sub === undefined ? sockets : sockets.filter((each) => each.sub === sub);
  }
}

import type { Receipt, ResourceKind, Role } from '@weft/protocol';

/** What exists, to whom it belongs, and who is a member: the database's say in rights. */
export interface ResourceRecord {
  readonly tenant: string;
  readonly kind: ResourceKind;
  readonly id: string;
  /** `document/<id>` or `workspace/<id>`: whose members have rights here too; `undefined` at the top. */
  readonly parent: string | undefined;
  /** The `sub` of its maker. */
  readonly owner: string;
  /** UTC milliseconds. */
  readonly created: number;
}

export interface Guest {
  readonly tenant: string;
  readonly sub: string;
  readonly name: string;
}

export interface Registry {
  /** Records a resource; `false` when it was there already, which changes nothing. */
  createResource(resource: ResourceRecord): Promise<boolean>;
  resource(tenant: string, kind: ResourceKind, id: string): Promise<ResourceRecord | undefined>;
  /** Gives a person a role on a resource (`workspace/main`), in place of an earlier one. */
  setMember(tenant: string, resource: string, person: string, role: Role): Promise<void>;
  /** The role that the resource itself names for a person; parents are the caller's to ask. */
  member(tenant: string, resource: string, person: string): Promise<Role | undefined>;
  /** Keeps a guest under the hash of their secret; a known hash gets the new name. */
  putGuest(secretHash: string, guest: Guest): Promise<void>;
  guest(secretHash: string): Promise<Guest | undefined>;
  /**
   * Raises a person's watermarks in a conversation to these where they are higher (law C8); they never fall. Resolves
   * with what holds now, or with nothing when it held already.
   */
  putReceipt(tenant: string, conversation: string, receipt: Receipt): Promise<Receipt | undefined>;
  /** Everybody's watermarks in a conversation, in no order. */
  receipts(tenant: string, conversation: string): Promise<readonly Receipt[]>;
}

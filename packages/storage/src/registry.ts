import type { Membership, Receipt, ResourceKind, Role } from '@weft/protocol';

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

/** A link by which whoever has it becomes a member. */
export interface Invite {
  /** Hash of the secret in the link: a copy of the database lets nobody in. */
  readonly hash: string;
  readonly tenant: string;
  /** `document/<id>` or `workspace/<id>`. */
  readonly resource: string;
  readonly role: Role;
  /** The `sub` of who made it. */
  readonly by: string;
  /** UTC milliseconds. */
  readonly created: number;
  /** UTC milliseconds from which on it lets nobody in. */
  readonly expires: number;
}

/** One line of a resource's list of members. */
export interface Member {
  readonly person: string;
  readonly role: Membership;
}

export interface Registry {
  /** Records a resource; `false` when it was there already, which changes nothing. */
  createResource(resource: ResourceRecord): Promise<boolean>;
  resource(tenant: string, kind: ResourceKind, id: string): Promise<ResourceRecord | undefined>;
  /** Gives a person a role on a resource (`workspace/main`), in place of an earlier one; `undefined` names them no more. */
  setMember(
    tenant: string,
    resource: string,
    person: string,
    role: Membership | undefined,
  ): Promise<void>;
  /** What the resource itself says of a person; parents are the caller's to ask. */
  member(tenant: string, resource: string, person: string): Promise<Membership | undefined>;
  /** Everybody whom the resource itself names, by their `sub`. */
  members(tenant: string, resource: string): Promise<readonly Member[]>;
  /** Keeps an invite; one with a known hash changes nothing. */
  putInvite(invite: Invite): Promise<void>;
  invite(hash: string): Promise<Invite | undefined>;
  /** The invites to a resource, oldest first, those that expired included. */
  invites(tenant: string, resource: string): Promise<readonly Invite[]>;
  removeInvite(hash: string): Promise<void>;
  /**
   * Takes back the tokens of a person (`sub/<sub>`), or one token (`jti/<jti>`), issued until `at` (UTC milliseconds); an
   * earlier time than is known changes nothing.
   */
  revoke(tenant: string, what: string, at: number): Promise<void>;
  /** Until when what was issued is taken back; `undefined` when nothing is. */
  revoked(tenant: string, what: string): Promise<number | undefined>;
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

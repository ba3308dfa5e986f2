import * as encoding from 'lib0/encoding';

/** The root that is typed into. */
export const TEXT_ROOT = 'text';

export interface Id {
  readonly client: number;
  readonly clock: number;
}

/** Characters that one client wrote in a row. */
export interface Range extends Id {
  readonly length: number;
}

/** Yjs v1: a string, with a left and a right neighbour, or else at the start of a root. */
const CONTENT_STRING = 4;
const HAS_ORIGIN = 0x80;
const HAS_RIGHT_ORIGIN = 0x40;

/**
 * The update of one insertion, written by hand: what `Y.Text.insert` gives, without a document per typist. A load
 * generator with fifty documents of its own would measure itself.
 */
export function encodeInsertion(
  id: Id,
  neighbours: { readonly left: Id | undefined; readonly right: Id | undefined },
  text: string,
  deleted?: Range,
): Uint8Array {
  const { left, right } = neighbours;
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1); // clients
  encoding.writeVarUint(encoder, 1); // structs
  encoding.writeVarUint(encoder, id.client);
  encoding.writeVarUint(encoder, id.clock);
  encoding.writeUint8(
    encoder,
    CONTENT_STRING |
      (left === undefined ? 0 : HAS_ORIGIN) |
      (right === undefined ? 0 : HAS_RIGHT_ORIGIN),
  );
  for (const neighbour of [left, right]) {
    if (neighbour === undefined) continue;
    encoding.writeVarUint(encoder, neighbour.client);
    encoding.writeVarUint(encoder, neighbour.clock);
  }
  if (left === undefined && right === undefined) {
    encoding.writeVarUint(encoder, 1); // the parent is a root, by name
    encoding.writeVarString(encoder, TEXT_ROOT);
  }
  encoding.writeVarString(encoder, text);
  encoding.writeVarUint(encoder, deleted === undefined ? 0 : 1); // clients of deletes
  if (deleted !== undefined) {
    encoding.writeVarUint(encoder, deleted.client);
    encoding.writeVarUint(encoder, 1); // ranges
    encoding.writeVarUint(encoder, deleted.clock);
    encoding.writeVarUint(encoder, deleted.length);
  }
  return encoding.toUint8Array(encoder);
}

/** The text that a document begins with: words in lines, without the sign that marks begin with. */
export function baseText(length: number): string {
  const line = 'the shed is raised, the weft is beaten in, and the cloth grows by a thread \n';
  return line.repeat(Math.ceil(length / line.length)).slice(0, length);
}

/** Client id under which the base is written. */
export const BASE_CLIENT = 1;

/** Types at one place in the base, character run by character run, as a person does. */
export class Typist {
  readonly #client: number;
  readonly #right: Id | undefined;
  #left: Id | undefined;
  #clock = 0;

  /** @param at position in the base, above 0, or 0 without a base */
  constructor(client: number, at: number) {
    this.#client = client;
    this.#left = at === 0 ? undefined : { client: BASE_CLIENT, clock: at - 1 };
    this.#right = at === 0 ? undefined : { client: BASE_CLIENT, clock: at };
  }

  /** @param text ASCII */
  type(text: string): Uint8Array {
    const id = { client: this.#client, clock: this.#clock };
    const update = encodeInsertion(id, { left: this.#left, right: this.#right }, text);
    this.#clock += text.length;
    this.#left = { client: this.#client, clock: this.#clock - 1 };
    return update;
  }
}

/** Writes a text in place of the one before: as much passes as one likes, and the document stays as small as one text. */
export class PieceTypist {
  readonly #client: number;
  #last: Range | undefined;

  constructor(client: number) {
    this.#client = client;
  }

  /** @param text ASCII */
  replace(text: string): Uint8Array {
    const last = this.#last;
    const clock = last === undefined ? 0 : last.clock + last.length;
    const left = last === undefined ? undefined : { client: this.#client, clock: clock - 1 };
    this.#last = { client: this.#client, clock, length: text.length };
    return encodeInsertion({ client: this.#client, clock }, { left, right: undefined }, text, last);
  }
}

import {
  AuthType,
  FrameReader,
  MessageType,
  PROTOCOL_VERSION,
  SyncType,
  WEFT_ADDRESS,
  decodeDown,
  encodeAuth,
  encodeAwareness,
  encodeSyncStep1,
  encodeWeft,
  encodeWrite,
} from '@weft/protocol';
import {
  type SimNetwork,
  type SimProcess,
  type SimScheduler,
  type SimSocket,
  createRandom,
} from '@weft/testkit/sim';
import * as encoding from 'lib0/encoding';
import { contentOf } from '../content.ts';
import { Holdings } from '../holdings.ts';
import type { Violations } from '../ledger/violations.ts';
import type { WireLedger } from '../ledger/wire.ts';
import { ADVERSARY, DIRECTORY, DOCUMENTS, READ_ONLY } from '../rules.ts';
import type { Attacker } from './attack.ts';
import { ATTACKS } from './kinds.ts';

/** What it opens: its own document, one that it may read, the directory, a segment. */
const OPENED = [DOCUMENTS[0], READ_ONLY, DIRECTORY, 'conversation/talk/0'];

/** Milliseconds until it comes back. */
const DELAY = { back: 200 } as const;

/** Somebody with a valid token and bytes of their own making. Speaks the protocol by hand. */
export class Adversary {
  readonly #scheduler: SimScheduler;
  readonly #network: SimNetwork;
  readonly #wire: WireLedger;
  readonly #violations: Violations;
  readonly #acks = new Set<string>();
  readonly #process: SimProcess;
  readonly #seen = new Holdings();
  readonly #clients = new Set<number>();
  readonly #own = new Set<number>();
  readonly #announced = new Set<number>();
  #socket: SimSocket | undefined;
  /** Addresses that this socket may write at. */
  readonly #open = new Set<string>();
  /** The number of this socket's last write at an address, and of the last that was stored. */
  readonly #writes = new Map<string, number>();
  readonly #stored = new Map<string, number>();
  /** What waits until everything written so far is stored. */
  #waiting: { readonly address: string; readonly n: number; readonly act: () => void }[] = [];
  #count = 0;

  constructor(options: {
    readonly scheduler: SimScheduler;
    readonly network: SimNetwork;
    readonly wire: WireLedger;
    readonly violations: Violations;
  }) {
    this.#scheduler = options.scheduler;
    this.#network = options.network;
    this.#wire = options.wire;
    this.#violations = options.violations;
    this.#process = options.scheduler.spawn(ADVERSARY);
  }

  /** Comes to the party, and comes back whenever it is thrown out. */
  arrive(): void {
    this.#scheduler.after(1, () => this.#connect(), this.#process);
  }

  /** Tries something; nothing when it is not connected. @param dice deals the details */
  attack(kind: string, document: string, dice: number): void {
    const attack = ATTACKS.get(kind);
    if (attack === undefined) throw new Error(`No attack is called "${kind}".`);
    const act = () => {
      if (this.#open.has(document)) attack(this.#attacker(kind, document, dice));
    };
    this.#scheduler.after(0, act, this.#process);
  }

  /** It goes for good. */
  leave(): void {
    this.#process.kill();
    this.#network.reap();
  }

  #connect(): void {
    const socket = this.#network.connect(ADVERSARY);
    this.#socket = socket;
    this.#forget();
    socket.onopen = () => {
      socket.send(
        encodeWeft({
          type: 'hello',
          protocol: PROTOCOL_VERSION,
          token: ADVERSARY,
          device: ADVERSARY,
          build: ADVERSARY,
        }),
      );
    };
    socket.onmessage = ({ data }) => {
      if (data instanceof Uint8Array) this.#receive(socket, data);
    };
    socket.onclose = () => {
      this.#forget();
      this.#scheduler.after(DELAY.back, () => this.#connect(), this.#process);
    };
  }

  #receive(socket: SimSocket, frame: Uint8Array): void {
    const reader = new FrameReader(frame);
    const address = reader.string();
    if (address === WEFT_ADDRESS) {
      const message = decodeDown(reader.decoder);
      if (message.type === 'stored') this.#hasStored(message.document, message.n);
      if (message.type === 'ack' && message.result.outcome === 'stored') this.#acked(message.id);
      if (message.type !== 'welcome') return;
      for (const opened of OPENED) socket.send(encodeAuth(opened, ''));
      return;
    }
    const type = reader.uint();
    if (type === MessageType.Auth && reader.uint() === AuthType.Authenticated) {
      this.#open.add(address);
      socket.send(encodeSyncStep1(address, Uint8Array.of(0)));
    } else if (type === MessageType.Close || type === MessageType.Auth) {
      // A frame that nobody could read ended this document, or it is denied for now: it asks again.
      this.#open.delete(address);
      this.#scheduler.after(DELAY.back, () => socket.send(encodeAuth(address, '')), this.#process);
    }
    if (address !== DOCUMENTS[0]) return;
    if (type === MessageType.Sync || type === MessageType.SyncReply) {
      if (reader.uint() !== SyncType.Step1) this.#learn(reader.bytes());
    } else if (type === MessageType.Awareness) {
      this.#meet(reader.bytes());
    }
  }

  #forget(): void {
    this.#open.clear();
    this.#writes.clear();
    this.#stored.clear();
    // Of what was on its way, nothing is known any more.
    this.#waiting = [];
  }

  #hasStored(address: string, n: number): void {
    this.#stored.set(address, n);
    const ready = this.#waiting.filter((each) => each.address === address && each.n <= n);
    this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
    for (const { act } of ready) act();
  }

  /** It never says the same twice under one id. */
  #acked(id: string): void {
    if (this.#acks.has(id)) {
      this.#violations.add('C3', `two messages under the id ${id} were both acked`);
    }
    this.#acks.add(id);
  }

  #learn(update: Uint8Array): void {
    const content = contentOf(update);
    this.#seen.add(content);
    for (const { client } of content.inserts) this.#clients.add(client);
  }

  #meet(update: Uint8Array): void {
    const reader = new FrameReader(update);
    for (let left = reader.uint(); left > 0; left -= 1) {
      this.#announced.add(reader.uint());
      reader.uint();
      reader.string();
    }
  }

  #attacker(kind: string, document: string, dice: number): Attacker {
    const random = createRandom(`${kind}/${dice}`);
    const write = (bytes: Uint8Array, address: string, codes?: readonly string[]) => {
      const n = (this.#writes.get(address) ?? 0) + 1;
      this.#writes.set(address, n);
      const frame = encodeWrite(address, SyncType.Update, bytes, n);
      if (codes !== undefined) this.#wire.expectRefusal(frame, { kind, codes });
      this.#socket?.send(frame);
    };
    const others = [...this.#clients].filter((client) => !this.#own.has(client));
    return {
      random,
      document,
      victims: others.map((client) => ({ client, clock: this.#seen.end(client) })),
      announced: [...this.#announced].filter((client) => !this.#own.has(client)),
      fresh: () => {
        const client = random.int(2 ** 20, 2 ** 32 - 1);
        this.#own.add(client);
        return client;
      },
      write: (bytes, address = document) => write(bytes, address),
      mustFail: (bytes, codes, address = document) => write(bytes, address, codes),
      frame: (bytes) => this.#socket?.send(Uint8Array.from(bytes)),
      command: (conversation, id, text) => {
        this.#count += 1;
        this.#socket?.send(
          encodeWeft({
            type: 'command',
            id,
            device: ADVERSARY,
            counter: this.#count,
            conversation,
            at: 0,
            action: { type: 'send', body: { version: 1, text } },
          }),
        );
      },
      awareness: (client, state) => this.#socket?.send(awarenessOf(document, client, state)),
      later: (act) => {
        this.#waiting.push({ address: document, n: this.#writes.get(document) ?? 0, act });
      },
    };
  }
}

function awarenessOf(address: string, client: number, state: string): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, 1_000);
  encoding.writeVarString(encoder, state);
  return encodeAwareness(address, encoding.toUint8Array(encoder));
}

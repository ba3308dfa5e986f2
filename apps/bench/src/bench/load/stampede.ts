import {
  FrameReader,
  PROTOCOL_VERSION,
  WEFT_ADDRESS,
  decodeDown,
  encodeWeft,
} from '@weft/protocol';
import WebSocket from 'ws';
import { createHistogram } from '../../replay/histogram.ts';
import { seededRandom } from '../../random.ts';
import { summarize } from '../summary.ts';
import { tokenFor } from './client.ts';
import type { Passed, StampedeJob } from './jobs.ts';

/** Handshakes under way at a time: which of these a server reads first is the kernel's to say, so they are few. */
const CROWD = 20;

/** What happened to one client; times of `performance.now`. */
interface Guest {
  readonly token: string;
  came?: number;
  /** Its place by its welcome, from 0. */
  in?: number;
  waited: boolean;
  firstTold?: { readonly at: number; readonly wait: number };
  welcomed?: number;
}

/** Everybody signs in as soon as their socket is open, stays for a moment once they are let in, and leaves. */
export async function runStampede(
  { target, clients, stay }: StampedeJob,
  gate: (name: string) => Promise<void>,
): Promise<Passed> {
  const guests: Guest[] = [];
  for (let index = 0; index < clients; index += 1) {
    guests.push({ token: await tokenFor(target, `person-${index}`), waited: false });
  }
  const random = seededRandom(1);
  const wrong = new Set<string>();
  const order: Guest[] = [];
  let inside = 0;
  let most = 0;
  let served = 0;
  let began = 0;

  const visit = (guest: Guest, connected: () => void) =>
    new Promise<void>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${target.port}/sync`, {
        perMessageDeflate: false,
      });
      socket.on('open', () => {
        guest.came = performance.now();
        order.push(guest);
        const { token } = guest;
        const hello = { protocol: PROTOCOL_VERSION, token, device: 'bench', build: 'bench' };
        socket.send(encodeWeft({ type: 'hello', ...hello }));
        connected();
      });
      socket.on('message', (data) => {
        const now = performance.now();
        if (!(data instanceof Buffer)) return;
        const reader = new FrameReader(data);
        if (reader.string() !== WEFT_ADDRESS) return;
        const message = decodeDown(reader.decoder);
        if (message.type === 'queue') {
          guest.waited = true;
          if (message.wait !== null) guest.firstTold ??= { at: now, wait: message.wait };
        } else if (message.type === 'welcome') {
          guest.in = served;
          guest.welcomed = now;
          served += 1;
          inside += 1;
          most = Math.max(most, inside);
          setTimeout(
            () => {
              // It counts as gone before the server can know of it: who is let in next is not one too many.
              inside -= 1;
              socket.close(1000);
            },
            stay * (0.5 + random()),
          );
        } else if (message.type === 'bye') wrong.add(message.code);
      });
      socket.on('error', (error) => wrong.add(error.message));
      socket.on('close', () => {
        if (guest.welcomed === undefined) wrong.add('closed before it was let in');
        connected();
        resolve();
      });
    });

  await gate('measuring');
  began = performance.now();
  const visits: Promise<void>[] = [];
  for (let at = 0; at < guests.length; at += CROWD) {
    const handshakes = guests.slice(at, at + CROWD).map(
      (guest) =>
        new Promise<void>((resolve) => {
          visits.push(visit(guest, resolve));
        }),
    );
    await Promise.all(handshakes);
  }
  await Promise.all(visits);
  await gate('measured');

  const wait = createHistogram();
  const told: number[] = [];
  let last = began;
  for (const { came, welcomed, firstTold } of guests) {
    if (came === undefined || welcomed === undefined) continue;
    wait.add(welcomed - came);
    last = Math.max(last, welcomed);
    if (firstTold !== undefined && welcomed > firstTold.at) {
      told.push(firstTold.wait / (welcomed - firstTold.at));
    }
  }
  return {
    type: 'stampede',
    served,
    waited: guests.filter(({ waited }) => waited).length,
    inside: most,
    displaced: order.flatMap((guest, place) => (guest.in === undefined ? [] : guest.in - place)),
    wait: summarize(wait),
    told,
    took: last - began,
    wrong: [...wrong],
  };
}

import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type SimulateOptions, shrinkSimulation, simulate } from '../src/simulate.ts';
import type { SimTransport } from '../src/sim.ts';

/**
 * A sync engine of forty lines. A frame is a kind and a Yjs update: 1 from a client to be stored, 2 from the server to be
 * applied, 3 from the server: all that this connection sent so far is stored.
 */
type Bug = 'acks before it stores' | 'never sends again';

function engine(bug?: Bug): Pick<SimulateOptions, 'server' | 'client'> {
  const frame = (kind: number, update: Uint8Array = new Uint8Array()) =>
    Uint8Array.from([kind, ...update]);
  return {
    server: ({ kept, after }) => {
      const doc = new Y.Doc();
      const stored = kept.get('doc');
      if (stored !== undefined) Y.applyUpdate(doc, stored);
      const all = new Set<SimTransport>();
      const store = () => void kept.set('doc', Y.encodeStateAsUpdate(doc));
      return {
        accept: (transport) => {
          return {
            receive: (bytes) => {
              // A client speaks first, with all that it has, and then hears all that there is.
              if (!all.has(transport)) transport.send(frame(2, Y.encodeStateAsUpdate(doc)));
              all.add(transport);
              Y.applyUpdate(doc, bytes.subarray(1));
              if (bug === 'acks before it stores') after(5_000, store);
              else store();
              for (const other of all)
                if (other !== transport) other.send(frame(2, bytes.subarray(1)));
              transport.send(frame(3));
            },
            closed: () => all.delete(transport),
          };
        },
      };
    },
    client: ({ kept, connect, after, now }) => {
      const doc = new Y.Doc();
      const device = kept.get('doc');
      if (device !== undefined) Y.applyUpdate(doc, device);
      let waiting = device === undefined ? 0 : 1;
      let socket = connect();
      let heard = now();
      const say = (update: Uint8Array) => {
        waiting += 1;
        socket.send(frame(1, update));
      };
      const open = () => {
        socket.onopen = () => {
          waiting = 0;
          if (bug === 'never sends again') return;
          say(Y.encodeStateAsUpdate(doc));
        };
        socket.onmessage = ({ data }) => {
          heard = now();
          if (!(data instanceof Uint8Array)) return;
          if (data[0] === 3) waiting -= 1;
          else Y.applyUpdate(doc, data.subarray(1), 'server');
        };
        socket.onclose = () => {
          waiting += 1;
          after(1_000, () => {
            socket = connect();
            open();
          });
        };
      };
      open();
      const watch = () => {
        if (waiting > 0 && now() - heard > 10_000) socket.close();
        after(5_000, watch);
      };
      watch();
      doc.on('update', (update: Uint8Array, origin) => {
        kept.set('doc', Y.encodeStateAsUpdate(doc));
        if (origin !== 'server') say(update);
      });
      return { doc, settled: () => socket.readyState === 1 && waiting === 0 };
    },
  };
}

/** The first of some seeds whose run breaks a law. */
async function firstFailure(options: Omit<SimulateOptions, 'seed'>, seeds: number) {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const result = await simulate({ ...options, seed });
    if (result.violations.length > 0) return { options: { ...options, seed }, result };
  }
  return undefined;
}

describe('simulate', () => {
  it('[D1] [D2] finds nothing in an engine that is right, over sixty seeds', async () => {
    const failure = await firstFailure(engine(), 60);
    expect(failure?.result).toBeUndefined();
  });

  it('runs a seed the same way each time, and another one otherwise', async () => {
    const [one, again, other] = await Promise.all([
      simulate({ ...engine(), seed: 1 }),
      simulate({ ...engine(), seed: 1 }),
      simulate({ ...engine(), seed: 2 }),
    ]);
    expect(again).toEqual(one);
    expect(other.trace).not.toBe(one.trace);
  });

  it('[D2] finds an ack before the commit, and says it with a few actions', async () => {
    const failure = await firstFailure(engine('acks before it stores'), 100);
    if (failure === undefined) throw new Error('No seed found it.');
    const least = await shrinkSimulation(failure.options, failure.result);
    expect(least.violations.join('\n')).toContain('[D2]');
    expect(least.actions.length).toBeLessThanOrEqual(4);
  });

  it('[D1] finds a client that does not send again what was lost on the way', async () => {
    const failure = await firstFailure(engine('never sends again'), 100);
    expect(failure?.result.violations.join('\n')).toContain('[D1]');
  });
});

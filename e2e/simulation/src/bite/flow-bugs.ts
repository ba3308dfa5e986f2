import type { SimTransport } from '@weft/testkit/sim';
import type { Wrappers } from '../universe.ts';
import type { Bug } from './bug.ts';
import { instead } from './wrap.ts';

const OUTFLOW = 'packages/server/src/gateway/outflow.ts';

/** Bugs of what is spared for who does not read, and of what they get once they do. */
export const FLOW_BUGS: readonly Bug[] = [
  {
    name: 'whoever does not read is sent everything all the same',
    transform: instead(
      OUTFLOW,
      'if (this.#behind === undefined && queued < SLOW_BYTES) {',
      'if (this.#behind === undefined) {',
    ),
  },
  {
    name: 'what was not sent to who did not read is forgotten',
    transform: instead(OUTFLOW, 'if (lag.updates) {', 'if (lag.updates && lag.from.size < 0) {'),
  },
  {
    name: 'whoever reads again is brought less than they lack',
    transform: instead(OUTFLOW, 'vector.set(client, clock);', 'vector.set(client, clock + 1);'),
  },
  { name: 'everybody waits for who does not read', wrappers: { sockets: together } },
];

/** What anybody is sent waits until all have read what they were. */
function together(): ReturnType<NonNullable<Wrappers['sockets']>> {
  const all = new Set<SimTransport>();
  return (transport, accept) => {
    all.add(transport);
    return accept({
      get readyState() {
        return transport.readyState;
      },
      send: (data) => {
        const slow = [...all].find((other) => other !== transport && other.queued() > 0);
        if (slow === undefined) transport.send(data);
        else void slow.drained().then(() => transport.send(data));
      },
      close: (code, reason) => transport.close(code, reason),
      queued: () => transport.queued(),
      drained: () => transport.drained(),
    });
  };
}

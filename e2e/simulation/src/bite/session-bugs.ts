import type { Bug } from './bug.ts';
import { append, without, wrapFunction } from './wrap.ts';

const SESSION = 'packages/server/src/session/session.ts';

/** Bugs of sessions, on both sides: most of them are mended by what comes after, and only the ledger sees them. */
export const SESSION_BUGS: readonly Bug[] = [
  {
    name: 'a replay skips its first frame',
    transform: append(
      'packages/protocol/src/session/window.ts',
      `const soundMissing = SessionWindow.prototype.missing;
       SessionWindow.prototype.missing = function (received) {
         return soundMissing.call(this, received)?.slice(1);
       };`,
    ),
  },
  {
    name: 'a session that goes on says that it has a frame which has not come',
    transform: wrapFunction(
      'packages/protocol/src/session/frames.ts',
      'encodeSessionFrame',
      `(sound) => (frame) =>
         sound(frame.type === 'resumed' ? { ...frame, received: frame.received + 1 } : frame)`,
    ),
  },
  {
    name: 'a secret is good twice',
    transform: without('packages/server/src/session/sessions.ts', 'this.#bySecret.delete(secret);'),
  },
  {
    name: 'a parked session keeps nothing for its client',
    transform: append(
      SESSION,
      `const soundSend = Session.prototype.send;
       const soundUnlink = Session.prototype.unlink;
       const soundAttach = Session.prototype.attach;
       const apart = new WeakSet();
       Session.prototype.unlink = function (...rest) { apart.add(this); return soundUnlink.apply(this, rest); };
       Session.prototype.attach = function (...rest) { apart.delete(this); return soundAttach.apply(this, rest); };
       Session.prototype.send = function (data) { if (!apart.has(this)) soundSend.call(this, data); };`,
    ),
  },
];

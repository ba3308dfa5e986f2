/** When a client asks for a sign of life, and when it stops waiting for one. Milliseconds. */
export const HEARTBEAT = {
  /** Nothing heard for so long, or nothing said: a ping leaves. It carries the ack, too. */
  quiet: 9_000,
  /** Nothing heard for so long after something was said that has no answer yet: a ping leaves. */
  unanswered: 5_000,
  /** Nothing heard for so long after a ping: the link is dead, whatever the socket says. */
  answer: 5_000,
} as const;

/** The traffic of one link, as instants of one clock. */
export interface Pulse {
  /** When something last arrived; first: when the link opened. */
  readonly heard: number;
  /** When something last left. */
  readonly said: number;
  /** When the oldest frame left after which nothing was heard. */
  readonly unanswered: number | undefined;
  /** When the oldest ping left after which nothing was heard. */
  readonly asked: number | undefined;
}

export type Beat =
  | { readonly beat: 'wait'; readonly ms: number }
  | { readonly beat: 'ping' }
  | { readonly beat: 'dead' };

/** A link opened. */
export function firstPulse(now: number): Pulse {
  return { heard: now, said: now, unanswered: undefined, asked: undefined };
}

/** Anything arrived. */
export function pulseHeard(pulse: Pulse, now: number): Pulse {
  return { ...pulse, heard: now, unanswered: undefined, asked: undefined };
}

/** A frame left, a ping or another. */
export function pulseSaid(pulse: Pulse, now: number, ping = false): Pulse {
  return {
    ...pulse,
    said: now,
    unanswered: pulse.unanswered ?? now,
    asked: pulse.asked ?? (ping ? now : undefined),
  };
}

/** What is to be done now: a link that died without a word is found within 15 s of the last frame. */
export function heartbeat(pulse: Pulse, now: number): Beat {
  if (pulse.asked !== undefined) {
    const left = pulse.asked + HEARTBEAT.answer - now;
    return left <= 0 ? { beat: 'dead' } : { beat: 'wait', ms: left };
  }
  const due = Math.min(
    pulse.heard + HEARTBEAT.quiet,
    pulse.said + HEARTBEAT.quiet,
    (pulse.unanswered ?? Number.POSITIVE_INFINITY) + HEARTBEAT.unanswered,
  );
  return due <= now ? { beat: 'ping' } : { beat: 'wait', ms: due - now };
}

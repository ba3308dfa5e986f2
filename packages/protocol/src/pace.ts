/**
 * How fast one person may ask for effects: a token bucket (law C12). Nobody who floods slows anybody else, and a device
 * that comes back with hundreds of messages gets all of them stored, a little later.
 */
export interface PaceLimits {
  /** Commands that may come at once. */
  readonly burst: number;
  /** Commands a second that may follow. */
  readonly perSecond: number;
}

/** More than a person types, and enough for a device that was away for a day. */
export const DEFAULT_PACE: PaceLimits = { burst: 300, perSecond: 100 };

/** Searches: a few for each word that is typed. */
export const DEFAULT_SEARCH_PACE: PaceLimits = { burst: 30, perSecond: 5 };

/** What is left of a person's bucket. */
export interface Bucket {
  readonly tokens: number;
  /** When it held so many, UTC milliseconds. */
  readonly at: number;
}

export interface Spent {
  readonly allowed: boolean;
  readonly bucket: Bucket;
}

/**
 * Takes one token, if there is one. A refusal costs nothing, so that who waits is let in.
 * @param bucket `undefined` is a full one
 * @param now UTC milliseconds; a clock that was set back fills nothing and takes nothing
 */
export function spend(bucket: Bucket | undefined, limits: PaceLimits, now: number): Spent {
  const { tokens } = refilled(bucket, limits, now);
  const at = now;
  return tokens >= 1
    ? { allowed: true, bucket: { tokens: tokens - 1, at } }
    : { allowed: false, bucket: { tokens, at } };
}

/** Whether nothing is known of a person that a full bucket does not say. */
export function isFull(bucket: Bucket, limits: PaceLimits, now: number): boolean {
  return refilled(bucket, limits, now).tokens >= limits.burst;
}

function refilled(bucket: Bucket | undefined, limits: PaceLimits, now: number): Bucket {
  if (bucket === undefined) return { tokens: limits.burst, at: now };
  const passed = Math.max(0, now - bucket.at) / 1000;
  return { tokens: Math.min(limits.burst, bucket.tokens + passed * limits.perSecond), at: now };
}

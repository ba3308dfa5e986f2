import * as z from 'zod/mini';

/** What a measured server is started with. */
export const startSchema = z.object({
  type: z.literal('start'),
  /** A directory of its own; servers that keep nothing leave it empty. */
  dataDir: z.string(),
  /** Key of the tokens, for servers that have them. */
  secret: z.string(),
  /** Watch the event loop's delay: costs a wake-up per millisecond, so only where it is asked for. */
  watchLoop: z.boolean(),
});
export type Start = z.infer<typeof startSchema>;

/** What a measured server is told. */
export const askedSchema = z.discriminatedUnion('type', [
  startSchema,
  z.object({ type: z.literal('usage') }),
  z.object({ type: z.literal('stop') }),
]);
export type Asked = z.infer<typeof askedSchema>;

export const usageSchema = z.object({
  type: z.literal('usage'),
  /** Milliseconds of CPU since the process began, all its threads, user and system. */
  cpu: z.number(),
  /** Resident bytes. */
  rss: z.number(),
  /** Milliseconds that a timer came late, since the last time this was asked; zeros when it is not watched. */
  loopDelay: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
});
export type Usage = z.infer<typeof usageSchema>;

/** What a measured server says. */
export const saidSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), port: z.number() }),
  usageSchema,
  z.object({ type: z.literal('failed'), reason: z.string() }),
]);
export type Said = z.infer<typeof saidSchema>;

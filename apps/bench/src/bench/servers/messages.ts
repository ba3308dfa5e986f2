import * as v from 'valibot';
import { summarySchema } from '../summary.ts';

/** What a measured server is started with. */
export const startSchema = v.object({
  type: v.literal('start'),
  /** A directory of its own; servers that keep nothing leave it empty. */
  dataDir: v.string(),
  /** Key of the tokens, for servers that have them. */
  secret: v.string(),
  /** Watch the event loop's delay: costs a wake-up per millisecond, so only where it is asked for. */
  watchLoop: v.boolean(),
  /** Count how long each step of an edit takes, where the server is ours: costs some CPU. */
  stages: v.boolean(),
  /** Seats, for a server that has them; without it, as many as it has of itself. */
  seats: v.optional(v.number()),
});
export type Start = v.InferOutput<typeof startSchema>;

/** What a measured server is told. */
export const askedSchema = v.variant('type', [
  startSchema,
  v.object({
    type: v.literal('usage'),
    /** Whether garbage is collected before memory is read. */
    collect: v.boolean(),
  }),
  v.object({ type: v.literal('stop') }),
]);
export type Asked = v.InferOutput<typeof askedSchema>;

const stagesSchema = v.object({
  /** By the name of the step; `edit` is the whole way from its frame to its answer. */
  steps: v.record(v.string(), summarySchema),
  /** From the beginning of a commit until its outcome was known. */
  commit: summarySchema,
  /** Operations in a commit. */
  batch: summarySchema,
  /** Commits that ran in the thread. */
  inThread: v.number(),
  /** Pauses of the garbage collector on the event loop. */
  collections: summarySchema,
});
export type Stages = v.InferOutput<typeof stagesSchema>;

export const usageSchema = v.object({
  type: v.literal('usage'),
  /** Milliseconds of CPU since the process began, all its threads, user and system. */
  cpu: v.number(),
  /** Resident bytes. */
  rss: v.number(),
  /** Bytes of its heap, and of buffers outside of it. */
  held: v.number(),
  /** Milliseconds that a timer came late, since the last time this was asked; zeros when it is not watched. */
  loopDelay: v.object({ p50: v.number(), p99: v.number(), max: v.number() }),
  /** What became of edits since the last time this was asked; absent when it is not counted. */
  stages: v.optional(stagesSchema),
});
export type Usage = v.InferOutput<typeof usageSchema>;

/** What a measured server says. */
export const saidSchema = v.variant('type', [
  v.object({ type: v.literal('ready'), port: v.number() }),
  usageSchema,
  v.object({ type: v.literal('failed'), reason: v.string() }),
]);
export type Said = v.InferOutput<typeof saidSchema>;

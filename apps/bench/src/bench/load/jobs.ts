import * as z from 'zod/mini';
import { KINDS } from '../kinds.ts';

/** Where a server is, how it is spoken to, and what signs its tokens. */
const targetSchema = z.object({ dialect: z.enum(KINDS), port: z.number(), secret: z.string() });
export type Target = z.infer<typeof targetSchema>;

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** People type in documents. */
const typingSchema = z.object({
  type: z.literal('typing'),
  target: targetSchema,
  documents: z.array(z.string()),
  /** Sockets per document. */
  clients: z.number(),
  /** How many of them type. */
  writers: z.number(),
  /** Edits a second, over all documents. */
  rate: z.number(),
  /** Milliseconds of typing that is not counted, and that is. */
  warmup: z.number(),
  duration: z.number(),
  /** Characters in each document before anybody types. */
  base: z.number(),
  /** `drain`: ends when everything arrived. `cut`: goes on until the server is gone, whatever `duration` says. */
  end: z.enum(['drain', 'cut']),
});
export type TypingJob = z.infer<typeof typingSchema>;

/** Somebody brings a whole document, and leaves when the server has taken it. */
const uploadSchema = z.object({
  type: z.literal('upload'),
  target: targetSchema,
  documents: z.array(z.string()),
  update: bytes,
});
export type UploadJob = z.infer<typeof uploadSchema>;

/** Newcomers with nothing open a document at once. */
const openSchema = z.object({
  type: z.literal('open'),
  target: targetSchema,
  document: z.string(),
  clients: z.number(),
});
export type OpenJob = z.infer<typeof openSchema>;

/** One comes back with changes made offline, to another who went on online. */
const mergeSchema = z.object({
  type: z.literal('merge'),
  target: targetSchema,
  document: z.string(),
  /** Changes that each of the two made. */
  edits: z.number(),
  seed: z.number(),
});
export type MergeJob = z.infer<typeof mergeSchema>;

/** A recorded session, one frame for each of its changes. */
const traceSchema = z.object({
  type: z.literal('trace'),
  target: targetSchema,
  document: z.string(),
  updates: z.array(bytes),
});
export type TraceJob = z.infer<typeof traceSchema>;

/** A newcomer reads a document and says which marks are in it. */
const readSchema = z.object({
  type: z.literal('read'),
  target: targetSchema,
  document: z.string(),
});
export type ReadJob = z.infer<typeof readSchema>;

export const jobSchema = z.discriminatedUnion('type', [
  typingSchema,
  uploadSchema,
  openSchema,
  mergeSchema,
  traceSchema,
  readSchema,
]);
export type Job = z.infer<typeof jobSchema>;

/** Milliseconds. */
const summarySchema = z.object({
  count: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
});
export type Summary = z.infer<typeof summarySchema>;

const typedSchema = z.object({
  type: z.literal('typing'),
  sent: z.number(),
  /** Edits answered as stored (or, by stock servers, as received). */
  acked: z.number(),
  /** Arrivals at others. */
  delivered: z.number(),
  expected: z.number(),
  /** Milliseconds from the first counted edit to the last arrival. */
  took: z.number(),
  /** From the send to each arrival at another client. */
  fanOut: summarySchema,
  /** From the send to its answer. */
  acks: summarySchema,
  /** By how much edits were sent later than they should have been: the generator's own trouble. */
  late: summarySchema,
  /** Frames that arrived, and their bytes. */
  frames: z.number(),
  bytes: z.number(),
  /** Why the server refused an edit or closed a document, if it did. */
  denied: z.nullable(z.string()),
  /** For `cut`: marks of the edits that were answered, and that another client had received. */
  ackedMarks: z.array(z.number()),
  shownMarks: z.array(z.number()),
});
export type Typed = z.infer<typeof typedSchema>;

const openedSchema = z.object({
  type: z.literal('open'),
  /** Milliseconds from the first frame on a connected socket to the last byte of the document, per client. */
  complete: z.array(z.number()),
  /** … to the answer to its state vector, which tells it that this was all. */
  synced: z.array(z.number()),
  /** Bytes that the first client received. */
  bytes: z.number(),
  /** Length of the text that the first client ended with: says that it got the document. */
  length: z.number(),
});
export type Opened = z.infer<typeof openedSchema>;

const mergedSchema = z.object({
  type: z.literal('merge'),
  /** Milliseconds from the first frame of who comes back until each has what the other made. */
  converged: z.number(),
  /** … until the server answered for the changes; `null` from servers that do not answer. */
  acked: z.nullable(z.number()),
  /** Bytes of all frames to and from both, until all was quiet. */
  bytes: z.number(),
});
export type Merged = z.infer<typeof mergedSchema>;

export const resultSchema = z.discriminatedUnion('type', [
  typedSchema,
  openedSchema,
  mergedSchema,
  z.object({ type: z.literal('upload') }),
  z.object({ type: z.literal('trace'), took: z.number() }),
  z.object({
    type: z.literal('read'),
    marks: z.array(z.number()),
    /** Bytes of the whole document, encoded by a reader. */
    encoded: z.number(),
  }),
]);
export type Result = z.infer<typeof resultSchema>;

/** What the load generator is told. */
export const toldSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('job'), job: jobSchema }),
  z.object({ type: z.literal('pass') }),
]);
export type Told = z.infer<typeof toldSchema>;

/** What it says. At a gate it waits until it may pass, so that the server's usage is read at that very moment. */
export const reportSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('gate'),
    name: z.string(),
    /** Milliseconds of CPU that the generator itself has used. */
    cpu: z.number(),
  }),
  z.object({ type: z.literal('done'), result: resultSchema }),
  z.object({ type: z.literal('failed'), reason: z.string() }),
]);
export type Report = z.infer<typeof reportSchema>;

import * as v from 'valibot';
import { KINDS } from '../kinds.ts';
import { summarySchema } from '../summary.ts';

/** Where a server is, how it is spoken to, and what signs its tokens. */
const targetSchema = v.object({ dialect: v.picklist(KINDS), port: v.number(), secret: v.string() });
export type Target = v.InferOutput<typeof targetSchema>;

const bytes = v.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** People type in documents. */
const typingSchema = v.object({
  type: v.literal('typing'),
  target: targetSchema,
  documents: v.array(v.string()),
  /** Sockets per document. */
  clients: v.number(),
  /** How many of them type. */
  writers: v.number(),
  /** Edits a second, over all documents. */
  rate: v.number(),
  /** Milliseconds of typing that is not counted, and that is. */
  warmup: v.number(),
  duration: v.number(),
  /** Characters in each document before anybody types. */
  base: v.number(),
  /** `drain`: ends when everything arrived. `cut`: goes on until the server is gone, whatever `duration` says. */
  end: v.picklist(['drain', 'cut']),
});
export type TypingJob = v.InferOutput<typeof typingSchema>;

/** Somebody brings a whole document, and leaves when the server has taken it. */
const uploadSchema = v.object({
  type: v.literal('upload'),
  target: targetSchema,
  documents: v.array(v.string()),
  update: bytes,
});
export type UploadJob = v.InferOutput<typeof uploadSchema>;

/** Newcomers with nothing open a document at once. */
const openSchema = v.object({
  type: v.literal('open'),
  target: targetSchema,
  document: v.string(),
  clients: v.number(),
});
export type OpenJob = v.InferOutput<typeof openSchema>;

/** One comes back with changes made offline, to another who went on online. */
const mergeSchema = v.object({
  type: v.literal('merge'),
  target: targetSchema,
  document: v.string(),
  /** Changes that each of the two made. */
  edits: v.number(),
  seed: v.number(),
});
export type MergeJob = v.InferOutput<typeof mergeSchema>;

/** A recorded session, one frame for each of its changes. */
const traceSchema = v.object({
  type: v.literal('trace'),
  target: targetSchema,
  document: v.string(),
  updates: v.array(bytes),
});
export type TraceJob = v.InferOutput<typeof traceSchema>;

/** A newcomer reads a document and says which marks are in it. */
const readSchema = v.object({
  type: v.literal('read'),
  target: targetSchema,
  document: v.string(),
});
export type ReadJob = v.InferOutput<typeof readSchema>;

/** Carets move in one document. */
const caretsSchema = v.object({
  type: v.literal('carets'),
  target: targetSchema,
  document: v.string(),
  clients: v.number(),
  /** How often each of them moves in a second. */
  rate: v.number(),
  /** Milliseconds of moving that are not counted, and that are. */
  warmup: v.number(),
  duration: v.number(),
});
export type CaretsJob = v.InferOutput<typeof caretsSchema>;

/** Many people come at once, stay for a moment each, and go. */
const stampedeSchema = v.object({
  type: v.literal('stampede'),
  target: targetSchema,
  clients: v.number(),
  /** Milliseconds for which each stays, on average. */
  stay: v.number(),
});
export type StampedeJob = v.InferOutput<typeof stampedeSchema>;

/** People who have documents open are cut off, miss one edit in each, and come back at once. */
const returnSchema = v.object({
  type: v.literal('return'),
  target: targetSchema,
  documents: v.array(v.string()),
  /** People per document. */
  clients: v.number(),
  /** Whether their sessions go on; otherwise they compare state vectors. */
  sessions: v.boolean(),
  /** What each document holds before. */
  update: bytes,
});
export type ReturnJob = v.InferOutput<typeof returnSchema>;

/** Many people open documents and do nothing. */
const idleSchema = v.object({
  type: v.literal('idle'),
  target: targetSchema,
  documents: v.array(v.string()),
  clients: v.number(),
  /** Number of the first of them: others may be in another process. */
  from: v.number(),
});
export type IdleJob = v.InferOutput<typeof idleSchema>;

/** A text is written over and over; one of its readers may have stopped. */
const stoppedSchema = v.object({
  type: v.literal('stopped'),
  target: targetSchema,
  document: v.string(),
  /** Who reads all the time. */
  readers: v.number(),
  /** Whether there is one more, who does not. */
  stopped: v.boolean(),
  /** How often the text is written, how long it is, and how often in a second. */
  pieces: v.number(),
  pieceBytes: v.number(),
  rate: v.number(),
});
export type StoppedJob = v.InferOutput<typeof stoppedSchema>;

/** People talk in conversations. */
const talkSchema = v.object({
  type: v.literal('talk'),
  target: targetSchema,
  conversations: v.array(v.string()),
  /** People in each of them, all of whom talk. */
  members: v.number(),
  /** Messages a second, over all conversations. */
  rate: v.number(),
  /** Milliseconds of talk that is not counted, and that is. */
  warmup: v.number(),
  duration: v.number(),
});
export type TalkJob = v.InferOutput<typeof talkSchema>;

/** People have a conversation on their devices, miss some messages of it, and come back. */
const missedSchema = v.object({
  type: v.literal('missed'),
  target: targetSchema,
  conversation: v.string(),
  /** Its messages before. */
  length: v.number(),
  clients: v.number(),
  /** Whether they wish to have all of it on their devices. */
  keep: v.boolean(),
  missed: v.number(),
});
export type MissedJob = v.InferOutput<typeof missedSchema>;

export const jobSchema = v.variant('type', [
  typingSchema,
  uploadSchema,
  openSchema,
  mergeSchema,
  traceSchema,
  readSchema,
  caretsSchema,
  stampedeSchema,
  returnSchema,
  idleSchema,
  stoppedSchema,
  talkSchema,
  missedSchema,
]);
export type Job = v.InferOutput<typeof jobSchema>;

const typedSchema = v.object({
  type: v.literal('typing'),
  sent: v.number(),
  /** Edits answered as stored (or, by stock servers, as received). */
  acked: v.number(),
  /** Arrivals at others. */
  delivered: v.number(),
  expected: v.number(),
  /** Milliseconds from the first counted edit to the last arrival. */
  took: v.number(),
  /** From the send to each arrival at another client. */
  fanOut: summarySchema,
  /** From the send to its answer. */
  acks: summarySchema,
  /** By how much edits were sent later than they should have been: the generator's own trouble. */
  late: summarySchema,
  /** Frames that arrived, and their bytes. */
  frames: v.number(),
  bytes: v.number(),
  /** Why the server refused an edit or closed a document, if it did. */
  denied: v.nullable(v.string()),
  /** For `cut`: marks of the edits that were answered, and that another client had received. */
  ackedMarks: v.array(v.number()),
  shownMarks: v.array(v.number()),
});
export type Typed = v.InferOutput<typeof typedSchema>;

const openedSchema = v.object({
  type: v.literal('open'),
  /** Milliseconds from the first frame on a connected socket to the last byte of the document, per client. */
  complete: v.array(v.number()),
  /** … to the answer to its state vector, which tells it that this was all. */
  synced: v.array(v.number()),
  /** Bytes that the first client received. */
  bytes: v.number(),
  /** Length of the text that the first client ended with: says that it got the document. */
  length: v.number(),
});
export type Opened = v.InferOutput<typeof openedSchema>;

const mergedSchema = v.object({
  type: v.literal('merge'),
  /** Milliseconds from the first frame of who comes back until each has what the other made. */
  converged: v.number(),
  /** … until the server answered for the changes; `null` from servers that do not answer. */
  acked: v.nullable(v.number()),
  /** Bytes of all frames to and from both, until all was quiet. */
  bytes: v.number(),
});
export type Merged = v.InferOutput<typeof mergedSchema>;

const movedSchema = v.object({
  type: v.literal('carets'),
  sent: v.number(),
  /** States that reached another client; one that a newer one overtook need not. */
  delivered: v.number(),
  expected: v.number(),
  /** From the send to each arrival at another client. */
  arrival: summarySchema,
  /** By how much states were sent later than they should have been. */
  late: summarySchema,
  frames: v.number(),
  bytes: v.number(),
  denied: v.nullable(v.string()),
});
export type Moved = v.InferOutput<typeof movedSchema>;

const passedSchema = v.object({
  type: v.literal('stampede'),
  /** Clients that were let in, and that were told to wait before. */
  served: v.number(),
  waited: v.number(),
  /** The most that were in at once. */
  inside: v.number(),
  /** By how many places each was let in earlier or later than they came. */
  displaced: v.array(v.number()),
  /** Milliseconds from the sign-in to the welcome. */
  wait: summarySchema,
  /** What a client was first told, over what it took from then on. */
  told: v.array(v.number()),
  /** Milliseconds until the last was let in. */
  took: v.number(),
  /** What went wrong, each once. */
  wrong: v.array(v.string()),
});
export type Passed = v.InferOutput<typeof passedSchema>;

const returnedSchema = v.object({
  type: v.literal('return'),
  /** Milliseconds from the first who comes back until each has what was missed. */
  live: v.array(v.number()),
});
export type Returned = v.InferOutput<typeof returnedSchema>;

const settledSchema = v.object({
  type: v.literal('idle'),
  /** Milliseconds until all of this process were in. */
  took: v.number(),
});
export type Settled = v.InferOutput<typeof settledSchema>;

const passingSchema = v.object({
  type: v.literal('stopped'),
  /** Arrivals at those who read. */
  delivered: v.number(),
  expected: v.number(),
  /** From the send to each of these arrivals. */
  arrival: summarySchema,
  late: summarySchema,
  /** Bytes that one of those who read received, and that the one who had stopped did in the end. */
  bytes: v.number(),
  sleeperBytes: v.number(),
  /** Milliseconds until who had stopped had the last text; `null` if that did not come. */
  back: v.nullable(v.number()),
  denied: v.nullable(v.string()),
});
export type Passing = v.InferOutput<typeof passingSchema>;

const talkedSchema = v.object({
  type: v.literal('talk'),
  sent: v.number(),
  /** Messages answered as stored. */
  acked: v.number(),
  /** Arrivals at other members. */
  delivered: v.number(),
  expected: v.number(),
  /** Milliseconds from the first counted message to the last arrival. */
  took: v.number(),
  /** From the send to its answer. */
  acks: summarySchema,
  /** From the send to each arrival at another member. */
  shown: summarySchema,
  /** By how much messages were sent later than they should have been. */
  late: summarySchema,
  /** Why the server refused a message or a member, if it did. */
  refused: v.nullable(v.string()),
});
export type Talked = v.InferOutput<typeof talkedSchema>;

/** `took`: milliseconds until everybody had what they missed. */
const cameBackSchema = v.object({ type: v.literal('missed'), took: v.number() });
export type Missed = v.InferOutput<typeof cameBackSchema>;

export const resultSchema = v.variant('type', [
  typedSchema,
  openedSchema,
  mergedSchema,
  movedSchema,
  passedSchema,
  returnedSchema,
  settledSchema,
  passingSchema,
  talkedSchema,
  cameBackSchema,
  v.object({ type: v.literal('upload') }),
  v.object({ type: v.literal('trace'), took: v.number() }),
  v.object({
    type: v.literal('read'),
    marks: v.array(v.number()),
    /** Bytes of the whole document, encoded by a reader. */
    encoded: v.number(),
  }),
]);
export type Result = v.InferOutput<typeof resultSchema>;

/** What the load generator is told. */
export const toldSchema = v.variant('type', [
  v.object({ type: v.literal('job'), job: jobSchema }),
  v.object({ type: v.literal('pass') }),
]);
export type Told = v.InferOutput<typeof toldSchema>;

/** What it says. At a gate it waits until it may pass, so that the server's usage is read at that very moment. */
export const reportSchema = v.variant('type', [
  v.object({
    type: v.literal('gate'),
    name: v.string(),
    /** Milliseconds of CPU that the generator itself has used. */
    cpu: v.number(),
  }),
  v.object({ type: v.literal('done'), result: resultSchema }),
  v.object({ type: v.literal('failed'), reason: v.string() }),
]);
export type Report = v.InferOutput<typeof reportSchema>;

import * as v from 'valibot';
import { idSchema, integerSchema, naturalSchema } from '../schemas.ts';

/** Whether somebody is at this device: seen in every workspace that is open on the socket. */
export const presenceSchema = v.object({
  type: v.literal('presence'),
  state: v.picklist(['online', 'idle']),
});
export type PresenceMessage = v.InferOutput<typeof presenceSchema>;

/** A person of a workspace, over all of their devices. */
export const personPresenceSchema = v.object({
  sub: v.string(),
  name: v.string(),
  /** `idle`: at none of their devices; `away`: on none. */
  state: v.picklist(['online', 'idle', 'away']),
  /** Since when, UTC milliseconds of the server; of who is away, when they were last seen. */
  at: integerSchema,
});
export type PersonPresence = v.InferOutput<typeof personPresenceSchema>;

/** Who is in a workspace. */
export const peopleSchema = v.object({
  type: v.literal('people'),
  workspace: idSchema,
  /** All of whom anything is known, or those who changed. */
  whole: v.boolean(),
  /** How many are online or idle. */
  present: naturalSchema,
  /** `null` where they are too many to be told of one by one. */
  people: v.nullable(v.array(personPresenceSchema)),
});
export type PeopleMessage = v.InferOutput<typeof peopleSchema>;

import * as v from 'valibot';
import { integerSchema } from '../schemas.ts';

/** A direct conversation, as one of its two people sees it. */
export const directSchema = v.object({
  conversation: v.string(),
  /** The other person's `sub`. */
  person: v.string(),
  /** Their authenticated name when they began it; empty for whom the reader began it with. */
  name: v.string(),
  /** When it began: UTC milliseconds of the server's commit. */
  at: integerSchema,
});
export type Direct = v.InferOutput<typeof directSchema>;

/** As a device keeps it. */
export interface DirectConversation extends Direct {
  /** Whether there is anything in it: one that was only opened here is known to nobody else. */
  readonly begun: boolean;
}

/** The direct conversations of whoever is signed in: all of them after the welcome, then each that begins. */
export const directsSchema = v.object({
  type: v.literal('directs'),
  conversations: v.array(directSchema),
});
export type Directs = v.InferOutput<typeof directsSchema>;

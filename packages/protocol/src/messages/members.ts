import * as v from 'valibot';
import { memberSchema } from '../members.ts';
import { naturalSchema } from '../schemas.ts';

/** Who is in a conversation, told when it is opened; what changes later is in the conversation itself. */
export const membersSchema = v.object({
  type: v.literal('members'),
  conversation: v.string(),
  /** Changes up to this sequence are in it. */
  sequence: naturalSchema,
  members: v.array(memberSchema),
});
export type MembersMessage = v.InferOutput<typeof membersSchema>;

import * as z from 'zod/mini';
import { receiptSchema } from '../receipts.ts';

/** Where people are in a conversation: all of them when it is opened, then those who moved, at most once a second. */
export const receiptsSchema = z.object({
  type: z.literal('receipts'),
  conversation: z.string(),
  members: z.array(receiptSchema),
});
export type Receipts = z.infer<typeof receiptsSchema>;

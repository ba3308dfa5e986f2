import * as v from 'valibot';
import { receiptSchema } from '../receipt.ts';

/** Where people are in a conversation: all of them when it is opened, then those who moved, at most once a second. */
export const receiptsSchema = v.object({
  type: v.literal('receipts'),
  conversation: v.string(),
  members: v.array(receiptSchema),
});
export type Receipts = v.InferOutput<typeof receiptsSchema>;

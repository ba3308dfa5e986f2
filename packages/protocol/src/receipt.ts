import * as v from 'valibot';
import { naturalSchema } from './schemas.ts';

const sequence = naturalSchema;

/** Where one person is. */
export const receiptSchema = v.object({
  person: v.string(),
  /** The authenticated name. */
  name: v.string(),
  /** The newest messages up to this sequence are on a device of theirs, without a gap; 0 for none. */
  delivered: sequence,
  /** Every message up to this sequence was shown to them; 0 for none. Never above `delivered`. */
  read: sequence,
});
export type Receipt = v.InferOutput<typeof receiptSchema>;

import * as v from 'valibot';
import { ID_PATTERN } from './names.ts';

/** What many schemas are made of. */

export const integerSchema = v.pipe(v.number(), v.safeInteger());
/** A count, or a number that begins at 0. */
export const naturalSchema = v.pipe(integerSchema, v.minValue(0));
/** A number that begins at 1. */
export const positiveSchema = v.pipe(integerSchema, v.minValue(1));
/** A number that JSON can say: without the infinities, which it reads where too many digits are. */
export const finiteSchema = v.pipe(v.number(), v.finite());
export const idSchema = v.pipe(v.string(), v.regex(ID_PATTERN));

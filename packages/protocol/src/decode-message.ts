import * as decoding from 'lib0/decoding';
import * as v from 'valibot';
import { WeftError } from './errors.ts';
import { WEFT_MESSAGE_MAX_BYTES } from './limits.ts';
import { type Down, type Up, downSchema, upSchema } from './messages/index.ts';

/** Reading our own messages: what follows `!weft` in a frame, by the schemas of either side. */

function readJson(decoder: decoding.Decoder): unknown {
  if (decoder.arr.length > WEFT_MESSAGE_MAX_BYTES) {
    throw new WeftError(
      'frame-invalid',
      `Our own messages hold at most ${WEFT_MESSAGE_MAX_BYTES} bytes.`,
    );
  }
  try {
    return JSON.parse(decoding.readVarString(decoder));
  } catch (cause) {
    throw new WeftError('frame-invalid', 'It is not JSON.', { cause });
  }
}

/** One problem is enough: a frame must not cost more the more of them it has. */
const FIRST = { abortEarly: true } as const;

/**
 * Reads what follows `!weft` in a frame from a client.
 * @throws WeftError `frame-invalid` when it is too large, not JSON, or fits no schema
 */
export function decodeUp(decoder: decoding.Decoder): Up {
  const parsed = v.safeParse(upSchema, readJson(decoder), FIRST);
  if (!parsed.success) throw new WeftError('frame-invalid', describe(parsed.issues));
  return parsed.output;
}

/**
 * Reads what follows `!weft` in a frame from the server.
 * @throws WeftError `frame-invalid` when it is too large, not JSON, or fits no schema
 */
export function decodeDown(decoder: decoding.Decoder): Down {
  const parsed = v.safeParse(downSchema, readJson(decoder), FIRST);
  if (!parsed.success) throw new WeftError('frame-invalid', describe(parsed.issues));
  return parsed.output;
}

/** Where it fits no schema, and what should be there. What is there instead may be a secret, and is not said. */
function describe([issue]: readonly [v.BaseIssue<unknown>, ...unknown[]]): string {
  return `${v.getDotPath(issue) ?? ''}: expected ${issue.expected ?? 'something else'}`;
}

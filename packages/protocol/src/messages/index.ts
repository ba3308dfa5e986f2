import * as z from 'zod/mini';
import { ackSchema } from './ack.ts';
import { byeSchema } from './bye.ts';
import { commandFrameSchema } from './command.ts';
import { digestSchema } from './digest.ts';
import { eventSchema } from './event.ts';
import { helloSchema } from './hello.ts';
import { markSchema } from './mark.ts';
import { receiptsSchema } from './receipts.ts';
import { refusedSchema } from './refused.ts';
import { storedSchema } from './stored.ts';
import { welcomeSchema } from './welcome.ts';

/** What a client may say at `!weft`. */
export const upSchema = z.discriminatedUnion('type', [
  helloSchema,
  commandFrameSchema,
  markSchema,
  digestSchema,
  byeSchema,
]);
export type Up = z.infer<typeof upSchema>;

/** What the server may say at `!weft`. */
export const downSchema = z.discriminatedUnion('type', [
  welcomeSchema,
  storedSchema,
  refusedSchema,
  ackSchema,
  eventSchema,
  receiptsSchema,
  digestSchema,
  byeSchema,
]);
export type Down = z.infer<typeof downSchema>;

import * as v from 'valibot';
import { accessSchema } from './access.ts';
import { ackSchema } from './ack.ts';
import { byeSchema } from './bye.ts';
import { commandFrameSchema } from './command.ts';
import { digestSchema } from './digest.ts';
import { directsSchema } from './directs.ts';
import { eventSchema } from './event.ts';
import { helloSchema } from './hello.ts';
import { markSchema } from './mark.ts';
import { membersSchema } from './members.ts';
import { peopleSchema, presenceSchema } from './presence.ts';
import { queueSchema } from './queue.ts';
import { receiptsSchema } from './receipts.ts';
import { refusedSchema } from './refused.ts';
import { storedSchema } from './stored.ts';
import { welcomeSchema } from './welcome.ts';

/** What a client may say at `!weft`. */
export const upSchema = v.variant('type', [
  helloSchema,
  commandFrameSchema,
  markSchema,
  presenceSchema,
  digestSchema,
  byeSchema,
]);
export type Up = v.InferOutput<typeof upSchema>;

/** What the server may say at `!weft`. */
export const downSchema = v.variant('type', [
  welcomeSchema,
  queueSchema,
  accessSchema,
  storedSchema,
  refusedSchema,
  ackSchema,
  eventSchema,
  receiptsSchema,
  membersSchema,
  directsSchema,
  peopleSchema,
  digestSchema,
  byeSchema,
]);
export type Down = v.InferOutput<typeof downSchema>;

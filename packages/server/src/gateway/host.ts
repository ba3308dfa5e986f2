import type {
  Ack,
  CommandFrame,
  ConversationHead,
  Direct,
  Mark,
  MembersMessage,
  Receipts,
  Resource,
  Role,
} from '@weft/protocol';
import type { Admission } from '../admission/admission.ts';
import type { Principal } from '../auth/principal.ts';
import type { Audience } from '../engine/audience.ts';
import type { Engine } from '../engine/engine.ts';
import type { Logger } from '../logger.ts';
import type { Meter } from '../telemetry/meter.ts';
import type { Tracing } from '../telemetry/trace.ts';
import type { Follower } from './followers.ts';
import type { Present } from './people.ts';
import type { FlowCounters } from './outflow.ts';
import type { Attendance, Attendee } from './roster.ts';
import type { RateKind } from './rates.ts';

/** What a socket asks of the server behind it. */
export interface SocketHost {
  readonly build: string;
  readonly identity: { readonly serverId: string; readonly epoch: number };
  readonly logger: Logger;
  readonly flow: FlowCounters;
  /** Whom the engine's updates are not for while it broadcasts. */
  readonly audience: Audience;
  readonly admission: Admission;
  readonly meter: Meter;
  /** `undefined` when nobody traces. */
  readonly tracing: Tracing | undefined;
  /** UTC milliseconds. */
  now(): number;
  verify(token: string): Promise<Principal>;
  /** How often sign-ins were taken back since the start: while it is the same, what `verify` found holds. */
  readonly revocations: number;
  /** Whether a token that was verified was not taken back since. */
  stands(principal: Principal): Promise<boolean>;
  /** A person signed in on a socket: changes of their rights are told to it until it has left. */
  joined(present: Present): void;
  left(present: Present): void;
  roleOf(principal: Principal, resource: Resource): Promise<Role | undefined>;
  engine(tenant: string): Engine;
  command(principal: Principal, command: CommandFrame): Promise<Ack['result']>;
  /** A person says how far they are. */
  mark(principal: Principal, mark: Mark): void;
  /** Where everybody is in a conversation. */
  receipts(tenant: string, conversation: string): Promise<Receipts>;
  /** Who is in a conversation. */
  members(tenant: string, conversation: string): Promise<MembersMessage>;
  /** The direct conversations of a person. */
  directs(tenant: string, sub: string): Promise<readonly Direct[]>;
  /** A workspace was opened on a socket. */
  attend(principal: Principal, workspace: string, attendee: Attendee): Attendance;
  /** The newest event of a conversation. */
  head(tenant: string, conversation: string): Promise<ConversationHead>;
  /** A segment was opened: from now on the socket hears of its conversation. */
  follow(follower: Follower, tenant: string, conversation: string): void;
  unfollow(follower: Follower, tenant: string, conversation: string): void;
  /** A frame of a person was read. Returns milliseconds that it has to wait, uncounted; 0 when it is in order. */
  rate(principal: Principal, kind: RateKind): number;
  /** A write or a command was read. Call what is returned once, with what became of it. */
  begun(name: string): (outcome: 'answered' | 'failed') => void;
}

import {
  type Ack,
  type CommandFrame,
  type Digest,
  type Hello,
  PROTOCOL_VERSION,
  type Up,
  WeftError,
} from '@weft/protocol';
import type { Principal } from '../auth/principal.ts';
import { reasonOf } from '../logger.ts';
import { beginMessage, endMessage } from '../telemetry/message.ts';
import { within } from '../telemetry/trace.ts';
import type { Attending } from './attending.ts';
import type { Line } from './line.ts';
import type { OpenDocuments } from './open-documents.ts';
import type { Known, SignIn } from './sign-in.ts';

/** Milliseconds after which a client that is newer than this server looks whether it still is. */
const OUTDATED_RETURN_MS = 20_000;

/** What our own client says at `!weft`. */
export class OwnMessages {
  readonly #line: Line;
  readonly #signIn: SignIn;
  readonly #documents: OpenDocuments;
  readonly #attending: Attending;

  constructor(line: Line, signIn: SignIn, documents: OpenDocuments, attending: Attending) {
    this.#line = line;
    this.#signIn = signIn;
    this.#documents = documents;
    this.#attending = attending;
  }

  /** @throws WeftError `token-required` */
  receive(message: Up): void {
    switch (message.type) {
      case 'hello':
        this.#hello(message);
        return;
      case 'command':
        this.#command(this.#signIn.required, message);
        return;
      case 'mark':
        this.#line.host.mark(this.#signIn.required.principal, message);
        return;
      case 'presence':
        this.#attending.says(message.state);
        return;
      case 'digest':
        this.#compare(message);
        return;
      case 'bye':
        this.#line.wire.close(1000, 'bye');
        return;
      default: {
        const unreachable: never = message;
        return unreachable;
      }
    }
  }

  #hello(hello: Hello): void {
    if (hello.protocol < PROTOCOL_VERSION) {
      this.#line.bye('protocol-unsupported');
      return;
    }
    if (hello.protocol > PROTOCOL_VERSION) {
      this.#line.bye('server-outdated', { retryAfter: OUTDATED_RETURN_MS });
      return;
    }
    const { build, identity } = this.#line.host;
    this.#signIn.verify(hello.token, ({ principal }) => {
      this.#line.wire.identified?.(`${principal.tenant}/${principal.sub}/${hello.device}`);
      this.#line.send({
        type: 'welcome',
        protocol: PROTOCOL_VERSION,
        build,
        serverId: identity.serverId,
        epoch: identity.epoch,
        sub: principal.sub,
        name: principal.name,
        expires: principal.expires ?? null,
      });
      this.#tellDirects(principal);
    });
  }

  /** Tells somebody who has just come of their direct conversations: whom they are with is in no directory. */
  #tellDirects({ tenant, sub }: Principal): void {
    const { host } = this.#line;
    host
      .directs(tenant, sub)
      .then(
        (conversations) => {
          if (this.#signIn.closed) return;
          this.#line.send({ type: 'directs', conversations: [...conversations] });
        },
        (error: unknown) => {
          host.logger.error('Direct conversations could not be read.', { reason: reasonOf(error) });
          this.#line.bye('storage-failed', { retryAfter: 1000 });
        },
      )
      .catch((error: unknown) => this.#line.fail(error));
  }

  /** Tells a client that speaks of its replica what the log holds. Whoever has it open may read it anyway. */
  #compare(said: Digest): void {
    const { known } = this.#signIn;
    const open = this.#documents.get(said.document);
    if (known === undefined || open?.state !== 'open') return;
    const { document } = open.connection;
    known.engine
      .compare(document, { state: said.state, content: said.content })
      .then(
        (own) => {
          if (own === undefined || this.#signIn.closed) return;
          this.#line.send({ type: 'digest', document: said.document, ...own });
        },
        (error: unknown) => {
          this.#line.host.logger.error('A replica could not be compared.', {
            reason: reasonOf(error),
          });
        },
      )
      .catch((error: unknown) => this.#line.fail(error));
  }

  #command({ principal }: Known, said: CommandFrame): void {
    const { host } = this.#line;
    const { trace, command } = beginMessage(host.tracing, said);
    const ended = host.begun(`conversation/${command.conversation}`);
    const answer = (result: Ack['result']) => {
      trace?.enter('ack');
      const { id } = command;
      this.#line.send({
        type: 'ack',
        id,
        result,
        ...(trace === undefined ? {} : { trace: trace.parent }),
      });
      endMessage(trace, result);
    };
    within(trace, () => {
      host
        .command(principal, command)
        .then(
          (result) => {
            const failed = result.outcome === 'refused' && result.code === 'storage-failed';
            ended(failed ? 'failed' : 'answered');
            answer(result);
          },
          (error: unknown) => {
            ended(error instanceof WeftError ? 'answered' : 'failed');
            if (error instanceof WeftError) {
              const { code, message } = error;
              answer({ outcome: 'refused', code, message });
            } else {
              this.#line.fail(error);
              trace?.end({ 'weft.outcome': 'failed' }, true);
            }
          },
        )
        .catch((error: unknown) => this.#line.fail(error));
    });
  }
}

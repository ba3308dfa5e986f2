import { type FrameReader, MessageType, SyncType, encodeSyncStep1 } from '@weft/protocol';
import type { Outcome } from '../door/intake.ts';
import { reasonOf } from '../logger.ts';
import { within } from '../telemetry/trace.ts';
import type { Answers } from './answers.ts';
import { applyAwareness } from './awareness.ts';
import { plainName } from './document-key.ts';
import type { Line } from './line.ts';
import { sendSnapshot } from './newcomer.ts';
import { type OpenDocuments, type Opened, holdBack } from './open-documents.ts';
import type { Outflow } from './outflow.ts';
import type { Questions } from './questions.ts';
import type { Known } from './sign-in.ts';
import { answerStateVector } from './state-vector.ts';

/** The state vector of who has nothing. */
const NOTHING = Uint8Array.of(0);

/**
 * Hands each frame at a document's address to whoever it is for: writes to the door, presence to its own handler, state
 * vectors to whoever finds what is missing; only questions for presence reach the engine's message handling.
 */
export class DocumentFrames {
  readonly #line: Line;
  readonly #documents: OpenDocuments;
  readonly #answers: Answers;
  readonly #questions: Questions;
  readonly #outflow: Outflow;

  constructor(parts: {
    readonly line: Line;
    readonly documents: OpenDocuments;
    readonly answers: Answers;
    readonly questions: Questions;
    readonly outflow: Outflow;
  }) {
    this.#line = parts.line;
    this.#documents = parts.documents;
    this.#answers = parts.answers;
    this.#questions = parts.questions;
    this.#outflow = parts.outflow;
  }

  /**
   * @param reader stands behind the type
   * @throws WeftError `frame-invalid`
   */
  receive(known: Known, key: string, type: number, frame: Uint8Array, reader: FrameReader): void {
    const document = this.#documents.get(key);
    if (document === undefined) {
      // Closed or denied a moment ago: late frames are normal. A write must not stay without its answer.
      this.#refuseLate(key, type, reader);
      return;
    }
    if (document.role === undefined) {
      holdBack(document, frame);
      return;
    }
    if (isEmptyQuestion(type, frame, reader)) {
      this.#questions.put(key, () => this.#welcome(known, key));
      return;
    }
    if (document.state === 'opening') {
      holdBack(document, frame);
      return;
    }
    switch (type) {
      case MessageType.Sync:
      case MessageType.SyncReply:
        if (reader.uint() === SyncType.Step1) {
          this.#ask(known, key, reader.bytes(), type === MessageType.Sync);
        } else this.#write(known, key, document, reader);
        return;
      case MessageType.Awareness:
        this.#present(known, key, document, reader.bytes());
        return;
      case MessageType.QueryAwareness:
      case MessageType.Close:
        known.client.handleMessage(frame);
        return;
      default:
        // Stateless messages have no place in our protocol, and a reader could broadcast with them: dropped.
        return;
    }
  }

  /** Answers a state vector in its turn. @param back whether its sender is asked back */
  #ask(known: Known, key: string, stateVector: Uint8Array, back: boolean): void {
    this.#questions.put(key, () => {
      const document = this.#documents.get(key);
      if (document?.state === 'open') {
        answerStateVector(known.engine, document.connection, stateVector, back);
      }
      this.#questions.answered(key);
    });
  }

  /** Answers a client that has nothing: with the stored snapshot, and then with the rest. */
  #welcome(known: Known, key: string): void {
    const send = (snapshot: Uint8Array) => this.#outflow.answer(snapshot);
    sendSnapshot({ line: this.#line, documents: this.#documents, known, key, send })
      .then((snapshot) => {
        const stateVector = snapshot?.stateVector ?? NOTHING;
        const document = this.#documents.get(key);
        this.#questions.answered(key);
        if (document?.state === 'opening') holdBack(document, encodeSyncStep1(key, stateVector));
        else if (document !== undefined) this.#ask(known, key, stateVector, true);
      })
      .catch((error: unknown) => this.#line.fail(error));
  }

  #present(known: Known, key: string, document: Opened, update: Uint8Array): void {
    const { connection } = document;
    const intake = known.engine.intake(connection.document);
    // Whoever may only read never writes under the id they show.
    const announce = this.#documents.readOnly(plainName(key))
      ? () => true
      : (client: number) => intake.announce(client, known.principal.sub);
    applyAwareness(connection, known.principal, update, announce, (error) => {
      this.#line.host.logger.error('A client id could not be claimed.', {
        reason: reasonOf(error),
      });
    });
  }

  #refuseLate(key: string, type: number, reader: FrameReader): void {
    if (type !== MessageType.Sync && type !== MessageType.SyncReply) return;
    if (reader.uint() === SyncType.Step1) return;
    reader.bytes();
    this.#answers.answer(key, readNumber(reader), { outcome: 'refused', code: 'forbidden' });
  }

  #write(known: Known, key: string, document: Opened, reader: FrameReader): void {
    const bytes = reader.bytes();
    const n = readNumber(reader);
    const { connection } = document;
    const intake = known.engine.intake(connection.document);
    if (this.#documents.readOnly(plainName(key))) {
      // A reader answers the server's state vector too; with nothing new in it there is nothing to refuse.
      const outcome: Outcome = intake.knows(bytes)
        ? { outcome: 'stored' }
        : { outcome: 'refused', code: 'read-only' };
      this.#answers.answer(key, n, outcome);
      return;
    }
    const { tracing } = this.#line.host;
    const trace = tracing?.begin('edit', readTrace(reader), {
      'weft.document': plainName(key),
      'weft.bytes': bytes.length,
    });
    const ended = this.#line.host.begun(plainName(key));
    within(trace, () => {
      trace?.enter('judge');
      const origin = { source: 'connection', connection } as const;
      intake
        .write({ bytes, principal: known.principal.sub, origin })
        .then(
          (outcome) => {
            ended(outcome.outcome === 'failed' ? 'failed' : 'answered');
            trace?.enter('ack');
            this.#answers.answer(key, n, outcome);
            trace?.end(attributesOf(outcome), outcome.outcome === 'failed');
          },
          (error: unknown) => {
            ended('failed');
            this.#line.fail(error);
            trace?.end({ 'weft.outcome': 'failed' }, true);
          },
        )
        .catch((error: unknown) => this.#line.fail(error));
    });
  }
}

/** Whether a frame is a SyncStep1 with the state vector of an empty document: one byte, no clients. */
function isEmptyQuestion(type: number, frame: Uint8Array, reader: FrameReader): boolean {
  if (type !== MessageType.Sync && type !== MessageType.SyncReply) return false;
  const at = reader.decoder.pos;
  return (
    frame.length === at + 3 &&
    frame[at] === SyncType.Step1 &&
    frame[at + 1] === 1 &&
    frame[at + 2] === 0
  );
}

function attributesOf(outcome: Outcome) {
  const common = { 'weft.outcome': outcome.outcome };
  return outcome.outcome === 'refused' ? { ...common, 'weft.code': outcome.code } : common;
}

/** The trace of a write of ours, behind its number. */
function readTrace(reader: FrameReader): string | undefined {
  return reader.more ? reader.string() : undefined;
}

/** The number of a write of ours; stock clients send none. */
function readNumber(reader: FrameReader): number | undefined {
  return reader.more ? reader.uint() : undefined;
}

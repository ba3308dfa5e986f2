import type { HistoryEvent } from './event.ts';
import { ConversationCheck, type Told } from './conversation-check.ts';
import { DocumentCheck } from './document-check.ts';

/** A law that a history breaks, and where. */
export interface HistoryViolation {
  readonly law: string;
  /** Line of the file, from 1. */
  readonly line: number;
  readonly text: string;
}

export interface HistoryReport {
  readonly events: number;
  /** How often each law could be judged: one that was never asked was not found to hold. */
  readonly asked: ReadonlyMap<string, number>;
  readonly violations: readonly HistoryViolation[];
  /** Whether the history has its end. Without one the laws about ends were not asked. */
  readonly ended: boolean;
}

/** Holds a history to the laws of `SPEC.md`, event by event; it knows nothing but what was written down. */
export class HistoryCheck {
  readonly #conversations = new Map<string, ConversationCheck>();
  readonly #documents = new Map<string, DocumentCheck>();
  readonly #asked = new Map<string, number>();
  readonly #violations: HistoryViolation[] = [];
  #line = 0;
  #events = 0;
  #ended = false;

  /** @param line where it stands; by default the line after the one before */
  take(event: HistoryEvent, line = this.#line + 1): void {
    this.#line = line;
    this.#events += 1;
    switch (event.type) {
      case 'history':
        return;
      case 'end':
        this.#ended = true;
        for (const conversation of this.#conversations.values()) conversation.end();
        for (const document of this.#documents.values()) document.end();
        return;
      case 'stored':
      case 'replica':
        this.#document(event.document).take(event);
        return;
      default:
        this.#conversation(event.conversation).take(event);
    }
  }

  report(): HistoryReport {
    return {
      events: this.#events,
      asked: this.#asked,
      violations: this.#violations,
      ended: this.#ended,
    };
  }

  readonly #told: Told = (law, holds, text) => {
    this.#asked.set(law, (this.#asked.get(law) ?? 0) + 1);
    if (!holds) this.#violations.push({ law, line: this.#line, text: text() });
  };

  #conversation(name: string): ConversationCheck {
    let found = this.#conversations.get(name);
    if (found === undefined) {
      found = new ConversationCheck(name, this.#told);
      this.#conversations.set(name, found);
    }
    return found;
  }

  #document(name: string): DocumentCheck {
    let found = this.#documents.get(name);
    if (found === undefined) {
      found = new DocumentCheck(name, this.#told);
      this.#documents.set(name, found);
    }
    return found;
  }
}

/** A report for a person. */
export function describeHistory(report: HistoryReport): string {
  const asked = [...report.asked]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([law, times]) => `${law} ${times.toLocaleString('en-US')}×`)
    .join(', ');
  const lines = [
    `${report.events.toLocaleString('en-US')} events; judged: ${asked === '' ? 'nothing' : asked}.`,
  ];
  if (!report.ended)
    lines.push('It has no end: what must hold when traffic has stopped was not judged.');
  if (report.violations.length === 0) return [...lines, 'No law is broken.'].join('\n');
  return [
    ...lines,
    `${report.violations.length.toLocaleString('en-US')} violations:`,
    ...report.violations.map(({ law, line, text }) => `  line ${line}: [${law}] ${text}`),
  ].join('\n');
}

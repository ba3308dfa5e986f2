import type { MessageBody, MessageRange } from '@weft/protocol';

/** A stretch of text under the same ranges. */
export interface Run {
  readonly text: string;
  readonly start: number;
  readonly types: readonly MessageRange['type'][];
  /** Where a link leads; only addresses that are safe to open. */
  readonly href?: string;
}

/** Protocols that a link in a message may have: others can run code or open programs. */
const PROTOCOLS = new Set(['http:', 'https:', 'mailto:']);

/** Cuts a body where its ranges begin and end. */
export function runsOf({ text, ranges = [] }: MessageBody): readonly Run[] {
  const cuts = new Set([0, text.length]);
  for (const { start, end } of ranges) {
    cuts.add(Math.min(start, text.length));
    cuts.add(Math.min(end, text.length));
  }
  const edges = [...cuts].toSorted((a, b) => a - b);
  return edges.slice(0, -1).map((start, index) => {
    const end = edges[index + 1] ?? text.length;
    const over = ranges.filter((range) => range.start <= start && range.end >= end);
    const href = over.map(safeAddress).find((address) => address !== undefined);
    return {
      text: text.slice(start, end),
      start,
      types: over.map(({ type }) => type),
      ...(href === undefined ? {} : { href }),
    };
  });
}

function safeAddress({ type, value }: MessageRange): string | undefined {
  if (type !== 'link' || value === undefined || !URL.canParse(value)) return undefined;
  return PROTOCOLS.has(new URL(value).protocol) ? value : undefined;
}

/** What a stream holds, by its name. */
export type StreamKind = 'document' | 'workspace' | 'conversation' | 'segment' | 'other';

export type NamedStream =
  | {
      readonly kind: 'document' | 'workspace' | 'conversation';
      readonly tenant: string;
      readonly id: string;
    }
  | {
      readonly kind: 'segment';
      readonly tenant: string;
      readonly id: string;
      readonly segment: number;
    }
  /** Of a kind that this version does not know: only its numbers can be checked. */
  | { readonly kind: 'other' };

/** Reads a name that `streamName` of @weft/protocol made. */
export function kindOf(stream: string): NamedStream {
  const [tenant = '', kind = '', id = '', segment, ...rest] = stream.split('/');
  if (id === '' || rest.length > 0) return { kind: 'other' };
  if (segment !== undefined) {
    return kind === 'conversation' && /^[0-9]+$/.test(segment)
      ? { kind: 'segment', tenant, id, segment: Number(segment) }
      : { kind: 'other' };
  }
  return kind === 'document' || kind === 'workspace' || kind === 'conversation'
    ? { kind, tenant, id }
    : { kind: 'other' };
}

/** What a stream holds, by its name. */
export type StreamKind =
  | 'document'
  | 'workspace'
  | 'conversation'
  | 'segment'
  | 'members'
  | 'person'
  | 'file'
  | 'other';

export type NamedStream =
  | {
      /** `members`: of the conversation with the id. `person`: the id is a `sub`. `file`: it is a hash. */
      readonly kind: 'document' | 'workspace' | 'conversation' | 'members' | 'person' | 'file';
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
  if (kind === 'conversation' && segment === 'members') return { kind: 'members', tenant, id };
  if (segment !== undefined) {
    return kind === 'conversation' && /^[0-9]+$/.test(segment)
      ? { kind: 'segment', tenant, id, segment: Number(segment) }
      : { kind: 'other' };
  }
  switch (kind) {
    case 'document':
    case 'workspace':
    case 'conversation':
    case 'person':
    case 'file':
      return { kind, tenant, id };
    default:
      return { kind: 'other' };
  }
}

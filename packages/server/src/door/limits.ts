/** What one update, and one document, may hold. Each is an option of `createWeftServer`. */
export interface DocumentLimits {
  /** Structs in one update. */
  readonly structs: number;
  /** Client ids in one update: a device draws one each time it opens a document. */
  readonly clients: number;
  /** Delete ranges in one update. */
  readonly deleteRanges: number;
  /** How far one update may move one client's clock: a struct of a few bytes can claim any length. */
  readonly clockAdvance: number;
  /** Types within types. Deep trees overflow the stack of whoever walks them. */
  readonly nesting: number;
  /** UTF-16 units of a key or of a root's name. */
  readonly keyLength: number;
  /** Bytes of all updates of one document since it was made, folded ones as folded. */
  readonly documentBytes: number;
}

export const DEFAULT_LIMITS: DocumentLimits = {
  structs: 1_000_000,
  clients: 4_096,
  deleteRanges: 500_000,
  clockAdvance: 2 ** 24,
  nesting: 128,
  keyLength: 1_024,
  documentBytes: 64 * 1024 * 1024,
};

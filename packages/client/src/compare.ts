/** What it takes to compare a document with the server's: a part of its own, since a page needs it when it is quiet. */
export { contentHash, contentHashSteps, stateHash } from '@weft/protocol';

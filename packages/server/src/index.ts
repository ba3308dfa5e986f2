export { SECRET_MIN_BYTES, Tokens } from './auth/tokens.ts';
export type { Principal } from './auth/principal.ts';
export { type ContentsReport, checkContents } from './check/contents.ts';
export { type WeftCore, type WeftCoreOptions, createWeftCore } from './core.ts';
export { DEFAULT_LIMITS, type DocumentLimits } from './door/limits.ts';
export { type Folder, createWorkerFolder } from './engine/folder.ts';
export { foldUpdates } from './engine/fold.ts';
export type { Socket, Transport } from './gateway/socket.ts';
export { type Logger, silentLogger } from './logger.ts';
export { SEED } from './seed.ts';
export {
  type Drained,
  type WeftServer,
  type WeftServerOptions,
  createWeftServer,
} from './server.ts';
export type { Unstored } from './gateway/outstanding.ts';

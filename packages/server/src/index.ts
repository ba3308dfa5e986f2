export type { AdmissionFigures, RefusalCode } from './admission/admission.ts';
export { isProxy } from './admission/addresses.ts';
export { type AdmissionLimits, DEFAULT_ADMISSION } from './admission/limits.ts';
export { type Authorize, type AuthorizeQuestion, webhookAuthorize } from './auth/authorize.ts';
export { type KeySet, KeySetError, type KeySetOptions, openKeySet } from './auth/key-set.ts';
export { SECRET_MIN_BYTES, Tokens } from './auth/tokens.ts';
export type { Revoked } from './auth/revocations.ts';
export type { Principal } from './auth/principal.ts';
export { type ContentsReport, checkContents } from './check/contents.ts';
export { type WeftCore, type WeftCoreOptions, createWeftCore } from './core.ts';
export { DEFAULT_LIMITS, type DocumentLimits } from './door/limits.ts';
export { DEFAULT_FILE_LIMITS, type FileLimits } from './files/limits.ts';
export { type Folder, createWorkerFolder } from './engine/folder.ts';
export { foldUpdates } from './engine/fold.ts';
export type { Endpoint } from './gateway/endpoint.ts';
export type { Socket } from './gateway/socket.ts';
export type { FlowCounters } from './gateway/outflow.ts';
export { DEFAULT_RATES, type Rate, type RateKind } from './gateway/rates.ts';
export { type Tracing, createTracing, tracedLogger } from './telemetry/trace.ts';
export type { CommandAnswer, Meter } from './telemetry/meter.ts';
export type { Transport } from './gateway/transport.ts';
export { type Logger, silentLogger } from './logger.ts';
export { SEED } from './seed.ts';
export type { SessionFigures, SessionLimits } from './session/sessions.ts';
export {
  type Drained,
  type WeftServer,
  type WeftServerOptions,
  createWeftServer,
} from './server.ts';
export type { Unstored } from './gateway/outstanding.ts';

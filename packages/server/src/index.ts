export { SECRET_MIN_BYTES, Tokens } from './auth/tokens.ts';
export type { Principal } from './auth/principal.ts';
export { DEFAULT_LIMITS, type DocumentLimits } from './door/limits.ts';
export { type Logger, silentLogger } from './logger.ts';
export { SEED } from './seed.ts';
export { type WeftServer, type WeftServerOptions, createWeftServer } from './server.ts';

export { type FaultProxy, type FaultProxyOptions, createFaultProxy } from './fault-proxy.ts';
export type { FrameFate, SeenFrame } from './proxy-frames.ts';
export type { Slowness } from './slow-lane.ts';
export type { Held } from './link.ts';
export { type SeedOptions, seedConversation } from './seed-conversation.ts';
export {
  type ServerExit,
  type ServerProcess,
  type ServerProcessOptions,
  startServerProcess,
} from './server-process.ts';

/** The kit for Playwright: apart from the rest, since only such tests load it. */
export {
  type App,
  type DeviceSource,
  type DomSource,
  type Visit,
  WEFT_DEVICE,
  yIndexeddbDevice,
} from './playwright/app.ts';
export {
  type ConvergedOptions,
  ConvergenceError,
  expectConverged,
} from './playwright/converged.ts';
export type { PeerNetwork } from './playwright/network.ts';
export { type OrderedConversation, expectOrdered } from './playwright/ordered.ts';
export type { Peer, Snapshot } from './playwright/peer.ts';
export type { ReplayOptions, SessionOptions } from './playwright/session.ts';
export { type ServerOptions, type TestServer, startTestServer } from './playwright/server.ts';
export type { CorruptOptions, PeerStorage } from './playwright/storage.ts';
export {
  type ConvergenceFixtures,
  type ConvergenceTestOptions,
  convergenceTest,
} from './playwright/test.ts';
export type { SeenMessage } from './order.ts';

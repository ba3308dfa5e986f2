/** Histories: what was seen and told, written down, and the laws that they are held to. */
export {
  HistoryCheck,
  type HistoryReport,
  type HistoryViolation,
  describeHistory,
} from './history/check.ts';
export {
  HISTORY_VERSION,
  type HistoryEvent,
  historyEventSchema,
  historyWriter,
  readHistoryLine,
} from './history/event.ts';

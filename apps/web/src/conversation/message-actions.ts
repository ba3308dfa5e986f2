import { createContext, use } from 'react';
import type { MessageRow } from './group-messages.ts';

/** What can be done with a message. Each is one object for as long as the conversation is open. */
export interface MessageActions {
  /** Sends a message, or a change, that was refused, once more. */
  readonly retry: (id: string) => void;
  /** Forgets a message, or a change, that was refused. */
  readonly dismiss: (id: string) => void;
  readonly reply: (row: MessageRow) => void;
  readonly edit: (row: MessageRow) => void;
  /** Asks, then deletes. */
  readonly remove: (row: MessageRow) => void;
  /** Gives a reaction, or takes it back. */
  readonly react: (row: MessageRow, emoji: string) => void;
  /** Pins, or takes the pin out. */
  readonly pin: (row: MessageRow) => void;
  /** Brings a message before the eyes: by its id where it is here, by its sequence in any case. */
  readonly jump: (message: string | number) => void;
  readonly details: (row: MessageRow) => void;
  /** Shows what it said before it was edited. */
  readonly history: (row: MessageRow) => void;
  /** Puts its text where the person can paste it from. */
  readonly copy: (row: MessageRow) => void;
}

export const MessageActionsContext = createContext<MessageActions | undefined>(undefined);

/** @throws Error outside a conversation */
export function useMessageActions(): MessageActions {
  const actions = use(MessageActionsContext);
  if (actions === undefined) throw new Error('Messages belong in a conversation.');
  return actions;
}

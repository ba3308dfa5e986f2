/** What was typed and not sent, per conversation, for as long as the tab lives: a reload loses no half sentence. */
const KEY = 'weft.draft.';

export function readDraft(conversation: string): string {
  return sessionStorage.getItem(KEY + conversation) ?? '';
}

export function keepDraft(conversation: string, text: string): void {
  if (text === '') sessionStorage.removeItem(KEY + conversation);
  else sessionStorage.setItem(KEY + conversation, text);
}

import { quoteOf } from '@weft/protocol';

/**
 * What a thread that is being begun is about, with the step of the browser's history that leads to it: a reload keeps it
 * beside the words that were typed, and a step back and forward too.
 */
export function keptQuote(): string | undefined {
  const state: unknown = history.state;
  if (typeof state !== 'object' || state === null || !('quote' in state)) return undefined;
  return typeof state.quote === 'string' ? state.quote : undefined;
}

/** Keeps it. Returns it as it is kept: on one line, and no longer than a quote may be. */
export function keepQuote(text: string): string {
  const quote = quoteOf(text);
  const state: unknown = history.state;
  history.replaceState({ ...(typeof state === 'object' ? state : {}), quote }, '');
  return quote;
}

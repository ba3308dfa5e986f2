/** What a page says to a waiting service worker, and nothing else is ever said to one. */
export const TAKE_OVER = 'take-over';

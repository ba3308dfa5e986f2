/** Controls but for line feed and tab: they are shown by nobody, and terminals and logs obey them. */
// oxlint-disable-next-line no-control-regex -- these are what it looks for
export const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/;

/** What a link may point to: anything else may run, or read a file, where it is clicked. */
const SAFE_LINK = /^(https?:\/\/|mailto:)[^\s]+$/i;

/** Whether a link's address may be followed: `http`, `https` and `mailto`. Asked again where it is shown. */
export function isSafeLink(address: string): boolean {
  return SAFE_LINK.test(address) && !CONTROL.test(address);
}

/** Days and times of messages, in the viewer's own calendar and clock. */

const DAY = { weekday: 'long', day: 'numeric', month: 'long' } as const;
const DAY_AND_YEAR = { ...DAY, year: 'numeric' } as const;
const TIME = { timeStyle: 'short' } as const;
const FULL = { dateStyle: 'full', timeStyle: 'medium' } as const;

/** By its options, then by locale. Making a format takes as long as drawing a line, and a list draws hundreds. */
const formats = new Map<Intl.DateTimeFormatOptions, Map<string | undefined, Intl.DateTimeFormat>>();

function formatOf(options: Intl.DateTimeFormatOptions, locale?: string): Intl.DateTimeFormat {
  const byLocale = formats.get(options) ?? new Map<string | undefined, Intl.DateTimeFormat>();
  formats.set(options, byLocale);
  const format = byLocale.get(locale) ?? new Intl.DateTimeFormat(locale, options);
  byLocale.set(locale, format);
  return format;
}

/** `2026-2-1`: equal for instants of one local day. */
export function dayOf(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/**
 * "Today", "Yesterday", "Monday, 2 March", and with the year when it is another one.
 * @param now UTC milliseconds
 */
export function dayLabel(at: number, now: number, locale?: string): string {
  const day = dayOf(at);
  if (day === dayOf(now)) return 'Today';
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (day === dayOf(yesterday.getTime())) return 'Yesterday';
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return formatOf(sameYear ? DAY : DAY_AND_YEAR, locale).format(at);
}

/** Hours and minutes. */
export function timeOf(at: number, locale?: string): string {
  return formatOf(TIME, locale).format(at);
}

/** Day and time in full, for those who point at a time. */
export function fullTimeOf(at: number, locale?: string): string {
  return formatOf(FULL, locale).format(at);
}

/** `2026-03-01`, as a date field wants it: the local day of an instant. */
export function toDateField(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The first instant of a local day, from what a date field says; `undefined` where that is no day. */
export function startOfDay(field: string): number | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(field) ?? [];
  if (year === undefined) return undefined;
  return new Date(Number(year), Number(month) - 1, Number(day)).getTime();
}

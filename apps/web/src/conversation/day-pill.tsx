import { CalendarDays } from 'lucide-react';
import { Popover } from 'radix-ui';
import { type FormEvent, type ReactNode, useState } from 'react';
import { dayLabel, startOfDay, toDateField } from './days.ts';

/** The day of what is read, over it, and the way to another day. */
export function DayPill({
  at,
  now,
  onDate,
  onFound,
}: {
  /** UTC milliseconds. */
  readonly at: number;
  readonly now: number;
  readonly onDate: (at: number) => Promise<number>;
  /** @param sequence of the first message of the chosen day, or after it */
  readonly onFound: (sequence: number) => void;
}): ReactNode {
  const [open, setOpen] = useState(false);
  const [note, setNote] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const field = new FormData(event.currentTarget).get('day');
    const day = typeof field === 'string' ? startOfDay(field) : undefined;
    if (day === undefined) return;
    setNote('Looking…');
    onDate(day).then(
      (sequence) => {
        setNote(undefined);
        setOpen(false);
        if (sequence > 0) onFound(sequence);
      },
      () => setNote('That day could not be found. Try again.'),
    );
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <button
          type="button"
          className="day-pill"
          aria-label={`${dayLabel(at, now)}. Jump to a date`}
        >
          <CalendarDays size={14} aria-hidden="true" />
          {dayLabel(at, now)}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover date-form"
          sideOffset={4}
          collisionPadding={8}
          aria-label="Jump to a date"
          // The focus goes on to the message.
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          <form onSubmit={submit}>
            <label>
              Jump to
              <input
                type="date"
                name="day"
                required
                defaultValue={toDateField(at)}
                max={toDateField(now)}
              />
            </label>
            <button type="submit" className="button" data-kind="primary">
              Go
            </button>
          </form>
          {note === undefined ? null : <p role="status">{note}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

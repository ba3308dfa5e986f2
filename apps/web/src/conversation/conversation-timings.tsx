import { type TimingHistogram, type Timings, doneWithin } from '@weft/protocol';
import { type ReactNode, useEffect, useState } from 'react';
import { fullTimeOf } from './days.ts';

type Asked =
  | { readonly state: 'asking' }
  | { readonly state: 'told'; readonly timings: Timings }
  | { readonly state: 'unknown' };

/** How long the messages of a conversation take, as the server counted; asked when it is shown. */
export function ConversationTimings({ ask }: { readonly ask: () => Promise<Timings> }): ReactNode {
  const [asked, setAsked] = useState<Asked>({ state: 'asking' });
  useEffect(() => {
    let shown = true;
    ask().then(
      (timings) => shown && setAsked({ state: 'told', timings }),
      () => shown && setAsked({ state: 'unknown' }),
    );
    return () => {
      shown = false;
    };
  }, [ask]);
  return (
    <section className="timings" aria-label="In this conversation">
      <h3>In this conversation</h3>
      {asked.state === 'told' ? (
        <>
          <dl className="message-facts">
            <Step name="Sent to stored" histogram={asked.timings.sentToStored} />
            <Step name="Stored to delivered" histogram={asked.timings.storedToDelivered} />
            <Step name="Delivered to read" histogram={asked.timings.deliveredToRead} />
          </dl>
          <p className="timings-note">
            Since {fullTimeOf(asked.timings.since)}, to the first reader.
          </p>
        </>
      ) : (
        // As high as what comes, so that the dialog does not grow under the pointer.
        <p className="timings-wait">
          {asked.state === 'asking' ? '' : 'The server could not be asked just now.'}
        </p>
      )}
    </section>
  );
}

function Step({
  name,
  histogram,
}: {
  readonly name: string;
  readonly histogram: TimingHistogram;
}): ReactNode {
  const most = Math.max(1, ...histogram.counts);
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span>{stepWords(histogram)}</span>
        <span className="timings-bars" aria-hidden="true">
          {histogram.counts.map((count, bucket) => (
            <span
              key={bucket}
              data-empty={count === 0 ? '' : undefined}
              style={{ height: `${Math.round((count / most) * 100)}%` }}
            />
          ))}
        </span>
      </dd>
    </div>
  );
}

/** "half within 25 ms, most within 100 ms"; `most` is 95 of 100. */
export function stepWords(histogram: TimingHistogram): string {
  const half = doneWithin(histogram, 0.5);
  const most = doneWithin(histogram, 0.95);
  if (half === undefined || most === undefined) return 'None yet';
  if (half === most)
    return half === Number.POSITIVE_INFINITY ? 'over an hour' : `within ${spanOf(half)}`;
  const rest = most === Number.POSITIVE_INFINITY ? 'some over an hour' : `most ${spanOf(most)}`;
  return `half within ${spanOf(half)}, ${rest}`;
}

function spanOf(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${ms / 1_000} s`;
  return ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`;
}

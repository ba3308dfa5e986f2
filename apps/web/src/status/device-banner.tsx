import type { DeviceFailure } from '@weft/client';
import { useDeviceState } from '@weft/react';
import type { ReactNode } from 'react';

/** Why nothing is kept, and what a person can do about it. */
const WORDS: Readonly<Record<DeviceFailure, string>> = {
  forbidden:
    'This browser does not let the page keep anything. Use a window that is not private, or allow storage for this site.',
  unanswered: 'The storage of this browser does not answer. Restarting the browser usually helps.',
  'other-tab':
    'Another tab holds an older version of this app open. Close it, or reload it, and this one can save again.',
  newer: 'A newer version of this app was used here. Reload to get it.',
  damaged:
    'The storage of this site is damaged. Clearing the site’s data mends it, once all is stored.',
  full: 'There is no more room on this device. Free some, and saving goes on by itself.',
  failing: 'The storage of this browser fails. It is tried again with each change.',
};

/** Says that the device keeps nothing, for as long as that is so: what is at risk, and what to do. */
export function DeviceBanner(): ReactNode {
  const device = useDeviceState();
  return (
    <div role="status" aria-label="Storage of this device">
      {device.state === 'memory-only' ? (
        <p className="device-banner">
          <strong>Not saved on this device.</strong> What the server has not stored yet is lost when
          this tab closes. {WORDS[device.reason]}
        </p>
      ) : null}
    </div>
  );
}

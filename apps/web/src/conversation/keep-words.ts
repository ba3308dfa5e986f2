import type { DeviceState, Keeping } from '@weft/client';
import { sizeWords } from '../parts/size-words.ts';

/** What keeping all of a conversation takes. */
export function takesWords({
  messages,
  bytes,
}: {
  readonly messages: number;
  readonly bytes: number;
}): string {
  if (messages === 0) return 'There are no messages yet.';
  const count = messages === 1 ? '1 message' : `${messages.toLocaleString()} messages`;
  return bytes === 0 ? `It has ${count}.` : `It has ${count}, about ${sizeWords(bytes)}.`;
}

/** How far it is, and what that means. */
export function keepingWords(keeping: Keeping, device: DeviceState, offline: boolean): string {
  if (device.state === 'memory-only' && keeping.state !== 'off') {
    return device.reason === 'full'
      ? 'This device has no room. Free some, and it goes on by itself.'
      : 'This device keeps nothing just now. It goes on once it does.';
  }
  switch (keeping.state) {
    case 'off':
      return 'The newest messages, and what you scroll to, are kept anyway.';
    case 'kept':
      return 'All of it is on this device. What comes is kept as it arrives.';
    case 'fetching': {
      const { have, of } = keeping;
      const parts = of === 0 ? '' : `${have} of ${of} parts are here. `;
      return offline
        ? `${parts}What is missing comes when you are online.`
        : `${parts}Looking for more…`;
    }
    default: {
      const unreachable: never = keeping;
      return unreachable;
    }
  }
}

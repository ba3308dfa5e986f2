import type { ConversationHandle, DeviceState, Keeping } from '@weft/client';
import { useDeviceState, useObservable } from '@weft/react';
import { CircleCheck, HardDriveDownload } from 'lucide-react';
import { Popover, Switch } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import { useOffline } from '../sync/use-offline.ts';
import { keepingWords, takesWords } from './keep-words.ts';

const OFF: Keeping = { state: 'off' };

/** Whether all of a conversation is kept on this device, and how far that is. */
export function KeepButton({
  conversation,
}: {
  readonly conversation: ConversationHandle | undefined;
}): ReactNode {
  const keeping = useObservable(conversation?.keeping, OFF);
  const device = useDeviceState();
  const offline = useOffline();
  return (
    <KeepPopover
      keeping={keeping}
      device={device}
      offline={offline}
      takes={() => conversation?.takes() ?? { messages: 0, bytes: 0 }}
      keep={(wish) => conversation?.keep(wish)}
    />
  );
}

export interface KeepPopoverProps {
  readonly keeping: Keeping;
  /** Whether the device keeps anything now. */
  readonly device: DeviceState;
  readonly offline: boolean;
  readonly takes: () => { readonly messages: number; readonly bytes: number };
  readonly keep: (wish: boolean) => void;
}

/** The button, and what is behind it. */
export function KeepPopover(props: KeepPopoverProps): ReactNode {
  const { keeping, device } = props;
  return (
    <Popover.Root>
      <Popover.Trigger
        className="icon-button"
        aria-label={keeping.state === 'off' ? 'Keep on this device' : 'Keep on this device: on'}
        title="Keep on this device"
      >
        {keeping.state === 'kept' && device.state !== 'memory-only' ? (
          <CircleCheck size={18} aria-hidden="true" strokeWidth={1.75} />
        ) : (
          <HardDriveDownload size={18} aria-hidden="true" strokeWidth={1.75} />
        )}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover keep"
          align="end"
          sideOffset={6}
          collisionPadding={12}
          aria-label="Keep on this device"
        >
          <KeepPlace {...props} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function KeepPlace({ keeping, device, offline, takes, keep }: KeepPopoverProps): ReactNode {
  const label = useId();
  const note = useId();
  const refused = device.state === 'memory-only' && keeping.state !== 'off';
  return (
    <>
      <div className="keep-head">
        <h2 id={label}>Keep on this device</h2>
        <Switch.Root
          className="switch"
          aria-labelledby={label}
          aria-describedby={note}
          checked={keeping.state !== 'off'}
          onCheckedChange={keep}
        >
          <Switch.Thumb className="switch-thumb" />
        </Switch.Root>
      </div>
      <p>All of this conversation, to read without a network. {takesWords(takes())}</p>
      {keeping.state === 'fetching' && keeping.of > 0 ? (
        <progress value={keeping.have} max={keeping.of} aria-label="Parts on this device" />
      ) : null}
      <p id={note} role="status" data-tone={refused ? 'danger' : undefined}>
        {keepingWords(keeping, device, offline)}
      </p>
      {keeping.state === 'off' ? null : (
        <p>Turned off, what is here stays until the device needs the room.</p>
      )}
    </>
  );
}

import { Component, type ContextType, type ReactNode } from 'react';
import { UpdatesContext } from '../update/context.ts';
import { Notice } from './notice.tsx';

interface RescueProps {
  readonly children: ReactNode;
}

type RescueState = { readonly state: 'fine' } | { readonly state: 'failed' };

/** Shows what is safe and what to do when a screen fails, in place of a white page. */
export class Rescue extends Component<RescueProps, RescueState> {
  static override contextType = UpdatesContext;
  declare context: ContextType<typeof UpdatesContext>;
  override state: RescueState = { state: 'fine' };

  static getDerivedStateFromError(): RescueState {
    return { state: 'failed' };
  }

  /** What failed may be mended in a newer release, which waits for nothing else. */
  async #reload(): Promise<void> {
    if (this.context?.get() === 'ready') await this.context.take();
    location.reload();
  }

  override render(): ReactNode {
    if (this.state.state === 'fine') return this.props.children;
    return (
      <main className="whole-screen">
        <Notice
          tone="error"
          title="Something went wrong on this screen"
          action={
            <button type="button" className="button" onClick={() => void this.#reload()}>
              Reload
            </button>
          }
        >
          What you wrote before is on this device. Reloading brings it back.
        </Notice>
      </main>
    );
  }
}

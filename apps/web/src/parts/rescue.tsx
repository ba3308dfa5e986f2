import { Component, type ReactNode } from 'react';
import { Notice } from './notice.tsx';

interface RescueProps {
  readonly children: ReactNode;
}

type RescueState = { readonly state: 'fine' } | { readonly state: 'failed' };

/** Shows what is safe and what to do when a screen fails, in place of a white page. */
export class Rescue extends Component<RescueProps, RescueState> {
  override state: RescueState = { state: 'fine' };

  static getDerivedStateFromError(): RescueState {
    return { state: 'failed' };
  }

  override render(): ReactNode {
    if (this.state.state === 'fine') return this.props.children;
    return (
      <main className="whole-screen">
        <Notice
          tone="error"
          title="Something went wrong on this screen"
          action={
            <button type="button" className="button" onClick={() => location.reload()}>
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

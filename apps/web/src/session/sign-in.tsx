import { NAME_MAX, WeftError } from '@weft/protocol';
import { type FormEvent, type ReactNode, useId, useState } from 'react';

type Attempt =
  | { readonly state: 'ready' }
  | { readonly state: 'asking' }
  | { readonly state: 'failed'; readonly reason: string };

/** The door: a name is all that a guest needs. */
export function SignIn({
  signIn,
}: {
  readonly signIn: (name: string) => Promise<void>;
}): ReactNode {
  const [name, setName] = useState('');
  const [attempt, setAttempt] = useState<Attempt>({ state: 'ready' });
  const problem = useId();
  const asking = attempt.state === 'asking';

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (asking) return;
    if (name.trim() === '') {
      setAttempt({ state: 'failed', reason: 'A name of at least one character is needed.' });
      return;
    }
    setAttempt({ state: 'asking' });
    try {
      await signIn(name.trim());
    } catch (error) {
      setAttempt({ state: 'failed', reason: reasonOf(error) });
    }
  };

  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={(event) => void submit(event)} noValidate>
        <img src="/icon.svg" width={40} height={40} alt="" />
        <h1>Weft</h1>
        <p>
          Documents and conversations, side by side. They open from this device and work without a
          network.
        </p>
        <label htmlFor="name">Your name</label>
        <input
          id="name"
          name="name"
          className="field"
          autoComplete="nickname"
          autoFocus
          maxLength={NAME_MAX}
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            if (attempt.state === 'failed') setAttempt({ state: 'ready' });
          }}
          aria-invalid={attempt.state === 'failed'}
          aria-describedby={problem}
        />
        <button type="submit" className="button" data-kind="primary" aria-disabled={asking}>
          {asking ? 'Signing in…' : 'Sign in'}
        </button>
        <p className="sign-in-problem" id={problem} role="alert">
          {attempt.state === 'failed' ? attempt.reason : ''}
        </p>
        <p className="sign-in-note">
          You come in as a guest. This browser keeps who you are, so your work stays yours when you
          return.
        </p>
      </form>
    </main>
  );
}

function reasonOf(error: unknown): string {
  return error instanceof WeftError
    ? error.message
    : 'The server cannot be reached. Nothing was lost; try again when you are online.';
}

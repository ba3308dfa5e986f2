import { MESSAGE_TEXT_MAX } from '@weft/protocol';
import { SendHorizontal } from 'lucide-react';
import {
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import { keepDraft, readDraft } from './drafts.ts';

export interface ComposerProps {
  /** Whose draft it is. */
  readonly conversation: string;
  readonly placeholder: string;
  /** Queues a message; rejects when this device cannot keep it. */
  readonly onSend: (text: string) => Promise<void>;
}

/** Characters left at which they are counted out. */
const COUNT_FROM = 500;

/** Where a message is written: Enter sends, Shift-Enter makes a line. */
export function Composer({ conversation, placeholder, onSend }: ComposerProps): ReactNode {
  const [text, setText] = useState(() => readDraft(conversation));
  const [problem, setProblem] = useState('');
  const input = useRef<HTMLTextAreaElement>(null);
  const left = MESSAGE_TEXT_MAX - text.length;
  const sendable = text.trim() !== '' && left >= 0;

  useEffect(() => keepDraft(conversation, text), [conversation, text]);

  const send = async () => {
    if (!sendable) return;
    const sent = text.trim();
    setText('');
    setProblem('');
    input.current?.focus();
    try {
      await onSend(sent);
    } catch {
      // Nothing is lost: the words go back to where they were, before whatever was typed meanwhile.
      setText((typed) => (typed === '' ? sent : `${sent}\n${typed}`));
      setProblem('This device could not keep the message. Try again.');
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // An input method's Enter picks a word; it does not send.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void send();
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      <div className="composer-box">
        <textarea
          ref={input}
          rows={1}
          dir="auto"
          aria-label="Message"
          aria-describedby={problem === '' ? undefined : 'composer-problem'}
          placeholder={placeholder}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" className="send" aria-label="Send" title="Send" disabled={!sendable}>
          <SendHorizontal size={16} aria-hidden="true" />
        </button>
      </div>
      {left < COUNT_FROM ? (
        <p className="composer-note" data-tone={left < 0 ? 'danger' : undefined}>
          {left < 0 ? `${-left} characters too long` : `${left} characters left`}
        </p>
      ) : null}
      {problem === '' ? null : (
        <p className="composer-note" data-tone="danger" id="composer-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

import { MESSAGE_TEXT_MAX, WeftError } from '@weft/protocol';
import { Check, Paperclip, SendHorizontal, X } from 'lucide-react';
import {
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { AttachmentList } from '../files/attachment-list.tsx';
import type { Attachment, Attachments } from '../files/use-attachments.ts';
import type { ComposerMode } from './composer-mode.ts';
import { keepDraft, readDraft } from './drafts.ts';
import { MentionList } from './mention-list.tsx';
import { useMentions } from './use-mentions.ts';
import { type Mentionable, typedText } from './write-body.ts';

export interface ComposerProps {
  /** Whose draft it is. */
  readonly conversation: string;
  readonly placeholder: string;
  readonly mode: ComposerMode;
  /** Counts up when the person asked to write here: it takes the focus then. */
  readonly called: number;
  /** Who is offered behind an `@`. */
  readonly people: readonly Mentionable[];
  /**
   * Queues what was written; rejects when it cannot be kept or may not be sent.
   * @param taken people who were taken from the list: of two with one name, the one that was meant
   * @param files what goes with it
   */
  readonly onSubmit: (
    text: string,
    taken: readonly Mentionable[],
    files: readonly File[],
  ) => Promise<void>;
  /** Files that go with the next message; none may where this is absent. */
  readonly attachments?: Attachments;
  /** With each change: whether there is something that may become a message. */
  readonly onType: (types: boolean) => void;
  /** Back to writing a message. */
  readonly onCancel: () => void;
  /** The arrow up in an empty field: the last message is to be edited. */
  readonly onEditLast: () => void;
}

const NO_FILES: readonly Attachment[] = [];

/** Characters left at which they are counted out. */
const COUNT_FROM = 500;

/** Where a message is written: Enter sends, Shift-Enter makes a line, Escape gives up an answer or an edit. */
export function Composer(props: ComposerProps): ReactNode {
  const { conversation, placeholder, mode, called, people, onSubmit, onCancel, onEditLast } = props;
  const { onType } = props;
  const drafts = mode.mode === 'write' || mode.mode === 'reply';
  const [text, setText] = useState(() => (drafts ? readDraft(conversation) : typedText(mode.body)));
  const [problem, setProblem] = useState('');
  const input = useRef<HTMLTextAreaElement>(null);
  /** Where the caret belongs once the text that was written for the person is shown. */
  const [caret, setCaret] = useState<{ readonly at: number }>();
  const mentions = useMentions(people, (written, at) => {
    setText(written);
    setCaret({ at });
  });
  useLayoutEffect(() => {
    if (caret !== undefined) input.current?.setSelectionRange(caret.at, caret.at);
  }, [caret]);
  const left = MESSAGE_TEXT_MAX - text.length;
  // A message that is edited or mended keeps what it carries: what is attached waits for the next one.
  const attachments = drafts ? props.attachments : undefined;
  const attached = attachments?.all ?? NO_FILES;
  const carried = mode.mode === 'edit' || mode.mode === 'mend' ? (mode.body.files ?? []) : [];
  const says = text.trim() !== '' || attached.length + carried.length > 0;
  const sendable = says && left >= 0;
  const [over, setOver] = useState(false);
  const takeIn = (given: DataTransfer, event: { preventDefault: () => void }): void => {
    if (attachments === undefined || given.files.length === 0) return;
    event.preventDefault();
    attachments.add(given.files);
  };

  useEffect(() => {
    if (drafts) keepDraft(conversation, text);
  }, [drafts, conversation, text]);
  useEffect(() => {
    if (called === 0) return;
    const field = input.current;
    field?.focus();
    field?.setSelectionRange(field.value.length, field.value.length);
  }, [called]);

  const send = async () => {
    if (!sendable) return;
    const sent = text.trim();
    if (mode.mode === 'edit' && sent === typedText(mode.body)) {
      onCancel();
      return;
    }
    attachments?.take();
    setText('');
    setProblem('');
    mentions.look('', 0);
    onType(false);
    input.current?.focus();
    try {
      await onSubmit(
        sent,
        mentions.taken,
        attached.map(({ file }) => file),
      );
    } catch (error) {
      // Nothing is lost: the words go back to where they were, before whatever was typed meanwhile.
      attachments?.putBack(attached);
      setText((typed) => (typed === '' ? sent : `${sent}\n${typed}`));
      setProblem(
        error instanceof WeftError && error.code !== 'device-failed'
          ? error.message
          : 'This device could not keep the message. Try again.',
      );
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // An input method's Enter picks a word; it does not send.
    if (event.nativeEvent.isComposing) return;
    if (mentions.onKey(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void send();
    } else if (event.key === 'Escape' && mode.mode !== 'write') {
      event.preventDefault();
      onCancel();
    } else if (
      event.key === 'ArrowUp' &&
      mode.mode === 'write' &&
      text === '' &&
      attached.length === 0
    ) {
      event.preventDefault();
      onEditLast();
    }
  };
  const onFormSubmit = (event: FormEvent) => {
    event.preventDefault();
    void send();
  };
  const saves = mode.mode === 'edit';
  const label = saves ? 'Save' : 'Send';

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the button does what dropping does
    <form
      className="composer"
      data-over={over ? '' : undefined}
      onSubmit={onFormSubmit}
      onDragOver={(event) => {
        if (attachments === undefined || !event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        takeIn(event.dataTransfer, event);
      }}
    >
      <ModeBanner mode={mode} onCancel={onCancel} />
      {attachments === undefined ? null : (
        <AttachmentList
          attachments={attachments.all}
          onRemove={attachments.remove}
          onEmptied={() => input.current?.focus()}
        />
      )}
      <div className="composer-box">
        <MentionList mentions={mentions} />
        {attachments === undefined ? null : <AttachButton onFiles={attachments.add} />}
        <textarea
          ref={input}
          rows={1}
          dir="auto"
          aria-label={saves ? 'Edit the message' : 'Message'}
          aria-describedby={problem === '' ? undefined : 'composer-problem'}
          placeholder={placeholder}
          value={text}
          aria-autocomplete="list"
          aria-controls={mentions.chosen === undefined ? undefined : mentions.listId}
          aria-activedescendant={
            mentions.chosen === undefined ? undefined : mentions.optionId(mentions.chosen)
          }
          onChange={({ target }) => {
            setText(target.value);
            mentions.look(target.value, target.selectionStart);
            onType(mode.mode !== 'edit' && target.value.trim() !== '');
          }}
          onSelect={({ currentTarget }) => {
            mentions.look(currentTarget.value, currentTarget.selectionStart);
          }}
          onPaste={(event) => {
            // Office puts a picture of the text beside it: whoever pastes text wants the text.
            if (!hasText(event.clipboardData)) takeIn(event.clipboardData, event);
          }}
          onBlur={mentions.close}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          className="send"
          aria-label={label}
          title={label}
          disabled={!sendable}
        >
          {saves ? (
            <Check size={16} aria-hidden="true" />
          ) : (
            <SendHorizontal size={16} aria-hidden="true" />
          )}
        </button>
      </div>
      {left < COUNT_FROM ? (
        <p className="composer-note" data-tone={left < 0 ? 'danger' : undefined}>
          {left < 0 ? `${-left} characters too long` : `${left} characters left`}
        </p>
      ) : null}
      {attachments === undefined || attachments.problem === '' ? null : (
        <p className="composer-note" data-tone="danger" role="alert">
          {attachments.problem}
        </p>
      )}
      {problem === '' ? null : (
        <p className="composer-note" data-tone="danger" id="composer-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

/** Whether what is pasted says something. Some systems put the names of copied files beside these: that says nothing. */
function hasText(given: DataTransfer): boolean {
  const text = given.getData('text/plain').trim();
  return text !== '' && text !== [...given.files].map(({ name }) => name).join('\n');
}

/** Opens the browser's own choice of files. */
function AttachButton({
  onFiles,
}: {
  readonly onFiles: (files: Iterable<File>) => void;
}): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className="attach"
        aria-label="Attach"
        title="Attach files"
        onClick={() => input.current?.click()}
      >
        <Paperclip size={16} aria-hidden="true" />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Attach files"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // The same file may be chosen again.
          target.value = '';
        }}
      />
    </>
  );
}

/** Says what the composer does, where that is not simply writing. */
function ModeBanner({
  mode,
  onCancel,
}: {
  readonly mode: ComposerMode;
  readonly onCancel: () => void;
}): ReactNode {
  if (mode.mode === 'write') return null;
  return (
    <div className="composer-mode">
      {mode.mode === 'reply' ? (
        <p>
          Reply to <strong>{mode.to.name}</strong> <span dir="auto">{mode.to.text}</span>
        </p>
      ) : (
        <p>{mode.mode === 'edit' ? 'Editing your message' : 'Mending what was not sent'}</p>
      )}
      <button type="button" aria-label="Cancel" title="Cancel (Esc)" onClick={onCancel}>
        <X size={14} aria-hidden="true" />
      </button>
    </div>
  );
}

import { CornerUpRight } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ReplyRow } from './group-messages.ts';
import { useMessageActions } from './message-actions.ts';

/** What a message answers, over it: who, and the first words. */
export function ReplyPreview({ reply }: { readonly reply: ReplyRow }): ReactNode {
  const { jump } = useMessageActions();
  if (reply.found === false) {
    return (
      <button
        type="button"
        className="reply-preview"
        aria-label="In reply to an earlier message. Go to that message"
        onClick={() => jump(reply.sequence)}
      >
        <CornerUpRight size={12} aria-hidden="true" />
        <span>An earlier message</span>
      </button>
    );
  }
  return (
    <button
      type="button"
      className="reply-preview"
      aria-label={`In reply to ${reply.name}. Go to that message`}
      onClick={() => jump(reply.id)}
    >
      <CornerUpRight size={12} aria-hidden="true" />
      <strong>{reply.name}</strong>
      <span dir="auto">{reply.found === 'deleted' ? 'Message deleted' : reply.text}</span>
    </button>
  );
}

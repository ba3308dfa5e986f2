import type { Bug } from './bug.ts';
import { instead } from './wrap.ts';

const CONVERSATION = 'packages/protocol/src/conversation.ts';

/** Bugs of coming and going, on both sides. */
export const CONVERSATION_BUGS: readonly Bug[] = [
  {
    name: 'who is in a conversation comes in once more',
    transform: instead(
      CONVERSATION,
      "if (state.members.has(author.sub) === (action.type === 'join')) {",
      'if (state.members.size < 0) {',
    ),
  },
  {
    name: 'what was so already stays on the device, and is asked for again after a reload',
    transform: instead(
      'packages/client/src/outbox-runner.ts',
      'this.#settle(id);\n      this.#delete(id);\n    } else {',
      'this.#settle(id);\n    } else {',
    ),
  },
  {
    name: 'a device shows whoever left as still in',
    transform: instead(
      'packages/protocol/src/members.ts',
      "if (membership.change === 'left') {",
      "if (membership.change === 'left' && message.sequence % 2 === 0) {",
    ),
  },
];

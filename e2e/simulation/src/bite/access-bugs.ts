import type { Bug } from './bug.ts';
import { append, instead, without } from './wrap.ts';

const OPEN_DOCUMENTS = 'packages/server/src/gateway/open-documents.ts';
const SIGN_IN = 'packages/server/src/gateway/sign-in.ts';

/** Bugs of rights that are taken away and given back, and of tokens that end. */
export const ACCESS_BUGS: readonly Bug[] = [
  {
    name: 'answers about rights are kept when rights change',
    transform: append(
      'packages/server/src/auth/authorize.ts',
      'Authorizer.prototype.forget = () => undefined;',
    ),
  },
  {
    name: 'open sockets are not asked anew when rights change',
    transform: without(
      'packages/server/src/core.ts',
      'for (const each of people.of(tenant, sub)) each.recheck();',
    ),
  },
  {
    name: 'a document that somebody lost is said to be denied, and goes on',
    transform: without(
      OPEN_DOCUMENTS,
      "if (document.state === 'open') document.connection.close();",
    ),
  },
  {
    name: 'a session brings what was said before rights were taken away',
    transform: without(OPEN_DOCUMENTS, 'this.#line.wire.barrier?.();'),
  },
  {
    name: 'nobody is told of a conversation that is given back',
    transform: instead(
      OPEN_DOCUMENTS,
      "if (this.#line.speaksWeft) this.#line.send({ type: 'access', document: key, role });",
      'this.#tell(key, role);',
    ),
  },
  {
    name: 'the end of a token is not watched',
    transform: without(SIGN_IN, 'this.#expireAt(principal.expires);'),
  },
  {
    name: 'a newer token does not count',
    transform: instead(
      SIGN_IN,
      'this.#expireAt(principal.expires);',
      'if (before === undefined) this.#expireAt(principal.expires);',
    ),
  },
];

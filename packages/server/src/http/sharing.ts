import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ID_PATTERN,
  type Resource,
  type Role,
  WeftError,
  formatResource,
  higherRole,
  roleSchema,
  idSchema,
  positiveSchema,
} from '@weft/protocol';
import type { Invite, Registry } from '@weft/storage';
import * as v from 'valibot';
import type { Principal } from '../auth/principal.ts';
import type { WeftCore } from '../core.ts';
import { readJson, sendJson, tokenOf } from './json.ts';

/** Sharing by the database: members, invite links, sign-ins taken back. Each change acts on open sockets at once. */

export const SHARING_PATHS = ['/api/rights/', '/api/invites/', '/api/revocations', '/api/changes'];

/** Milliseconds that an invite is good for. */
const INVITE = { default: 7 * 86_400_000, most: 365 * 86_400_000 } as const;

export const memberSchema = v.object({ role: v.union([roleSchema, v.literal('none')]) });
export const inviteSchema = v.object({
  role: roleSchema,
  /** Milliseconds. */
  lifetime: v.optional(v.pipe(positiveSchema, v.maxValue(INVITE.most))),
});
export const revocationSchema = v.union([
  v.strictObject({ sub: idSchema }),
  v.strictObject({ jti: idSchema }),
]);
export const changeSchema = v.object({ sub: v.optional(idSchema) });

export interface SharingHost {
  readonly core: Pick<WeftCore, 'verify' | 'rights' | 'rightsChanged' | 'revoke'>;
  readonly registry: Registry;
  /** UTC milliseconds. */
  readonly now: () => number;
}

/**
 * Answers a request below one of `SHARING_PATHS`.
 * @throws WeftError of the table; whatever the store throws
 */
export async function answerSharing(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  host: SharingHost,
): Promise<void> {
  const principal = await host.core.verify(tokenOf(request));
  const [what = '', ...path] = url.pathname.slice('/api/'.length).split('/');
  const body = async <T>(schema: v.GenericSchema<unknown, T>): Promise<T> => {
    const json = await readJson(request);
    const parsed = v.safeParse(schema, json);
    // To a schema, a list is an object too: one without the fields that may be left out.
    if (!parsed.success || Array.isArray(json)) throw new WeftError('request-invalid');
    return parsed.output;
  };
  const { method = 'GET' } = request;
  if (what === 'rights') {
    const [kind, name = '', list, which, ...rest] = path;
    if (kind !== 'workspace' && kind !== 'document' && kind !== 'conversation') {
      throw new WeftError('not-found');
    }
    if (!ID_PATTERN.test(name)) throw new WeftError('name-invalid');
    const place = new Place(host, principal, { kind, id: name });
    if (rest.length > 0) throw new WeftError('not-found');
    const key = `${method} ${list}${which === undefined ? '' : '/'}`;
    switch (key) {
      case 'GET members':
        sendJson(response, 200, await place.members());
        return;
      case 'PUT members/':
        await place.setMember(which ?? '', (await body(memberSchema)).role);
        sendJson(response, 200, {});
        return;
      case 'DELETE members/':
        await place.setMember(which ?? '', undefined);
        sendJson(response, 200, {});
        return;
      case 'GET invites':
        sendJson(response, 200, await place.invites());
        return;
      case 'POST invites': {
        const { role, lifetime = INVITE.default } = await body(inviteSchema);
        sendJson(response, 200, await place.invite(role, lifetime));
        return;
      }
      case 'DELETE invites/':
        await place.removeInvite(which ?? '');
        sendJson(response, 200, {});
        return;
      default:
        throw new WeftError(
          list === 'members' || list === 'invites' ? 'method-not-allowed' : 'not-found',
        );
    }
  }
  if (method !== 'POST') throw new WeftError('method-not-allowed');
  if (what === 'invites' && path.length === 1) {
    sendJson(response, 200, await accept(host, principal, path[0] ?? ''));
    return;
  }
  if (path.length > 0) throw new WeftError('not-found');
  // The application's own back end, by a token that owns everything in its tenant.
  const all = principal.grants?.some(({ resource, role }) => resource === '*' && role === 'owner');
  if (all !== true) throw new WeftError('forbidden');
  if (what === 'revocations')
    await host.core.revoke(principal.tenant, await body(revocationSchema));
  else host.core.rightsChanged(principal.tenant, (await body(changeSchema)).sub);
  sendJson(response, 200, {});
}

/** One resource, as somebody shares it. */
class Place {
  readonly #host: SharingHost;
  readonly #principal: Principal;
  readonly #resource: Resource;
  readonly #name: string;

  constructor(host: SharingHost, principal: Principal, resource: Resource) {
    this.#host = host;
    this.#principal = principal;
    this.#resource = resource;
    this.#name = formatResource(resource);
  }

  /** Whom the resource itself names; for whoever may read it. */
  async members() {
    const role = await this.#role();
    if (role === undefined) throw new WeftError('forbidden');
    const { tenant } = this.#principal;
    return { role, members: await this.#host.registry.members(tenant, this.#name) };
  }

  /** Owners give and take roles; anybody may give up their own. */
  async setMember(sub: string, role: Role | 'none' | undefined): Promise<void> {
    if (!ID_PATTERN.test(sub)) throw new WeftError('name-invalid');
    const { tenant, sub: own } = this.#principal;
    const leaves = sub === own && (role === undefined || role === 'none');
    const mine = await this.#role();
    if (mine === undefined || (mine !== 'owner' && !leaves)) throw new WeftError('forbidden');
    // Nobody could give anything any more.
    if (sub === own && mine === 'owner' && role !== 'owner' && !(await this.#hasOtherOwner())) {
      throw new WeftError('last-owner');
    }
    await this.#host.registry.setMember(tenant, this.#name, sub, role);
    this.#host.core.rightsChanged(tenant, sub);
  }

  async invite(role: Role, lifetime: number) {
    await this.#owned();
    const secret = randomBytes(24).toString('base64url');
    const { tenant, sub } = this.#principal;
    const created = this.#host.now();
    const expires = created + lifetime;
    const hash = hashOf(secret);
    await this.#host.registry.putInvite({
      hash,
      tenant,
      resource: this.#name,
      role,
      by: sub,
      created,
      expires,
    });
    return { secret, id: hash, role, expires };
  }

  async invites() {
    await this.#owned();
    const { tenant } = this.#principal;
    const invites = await this.#host.registry.invites(tenant, this.#name);
    return {
      invites: invites.map(({ hash, role, by, created, expires }) => ({
        id: hash,
        role,
        by,
        created,
        expires,
      })),
    };
  }

  async removeInvite(hash: string): Promise<void> {
    await this.#owned();
    const invite = await this.#host.registry.invite(hash);
    const { tenant } = this.#principal;
    if (invite?.tenant !== tenant || invite.resource !== this.#name) {
      throw new WeftError('not-found');
    }
    await this.#host.registry.removeInvite(hash);
  }

  async #owned(): Promise<void> {
    if ((await this.#role()) !== 'owner') throw new WeftError('forbidden');
  }

  #role(): Promise<Role | undefined> {
    return this.#host.core.rights.roleOf(this.#principal, this.#resource);
  }

  async #hasOtherOwner(): Promise<boolean> {
    const { tenant, sub } = this.#principal;
    const { registry } = this.#host;
    const members = await registry.members(tenant, this.#name);
    if (members.some(({ person, role }) => person !== sub && role === 'owner')) return true;
    const record = await registry.resource(tenant, this.#resource.kind, this.#resource.id);
    // Its maker is its owner, unless it names them otherwise.
    const maker = record?.owner;
    return maker !== undefined && maker !== sub && !members.some(({ person }) => person === maker);
  }
}

/** Whoever brings the secret of an invite becomes a member; nobody's role falls by it. */
async function accept({ registry, core, now }: SharingHost, principal: Principal, secret: string) {
  const { tenant, sub } = principal;
  const invite = await registry.invite(hashOf(secret));
  if (!isGood(invite, tenant, now())) throw new WeftError('invite-unknown');
  // A membership would change nothing for them.
  if (!core.rights.byDatabase(principal)) throw new WeftError('rights-elsewhere');
  const before = await registry.member(tenant, invite.resource, sub);
  // A link is not stronger than being turned out.
  if (before === 'none') throw new WeftError('forbidden');
  const [kind, name = ''] = invite.resource.split('/');
  const resource = {
    kind: kind === 'workspace' || kind === 'conversation' ? kind : 'document',
    id: name,
  } as const;
  const role =
    higherRole(await core.rights.roleOf(principal, resource), invite.role) ?? invite.role;
  await registry.setMember(tenant, invite.resource, sub, role);
  core.rightsChanged(tenant, sub);
  return { resource: invite.resource, role };
}

function isGood(invite: Invite | undefined, tenant: string, now: number): invite is Invite {
  return invite !== undefined && invite.tenant === tenant && now < invite.expires;
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

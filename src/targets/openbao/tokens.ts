import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { EffectContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { Instant } from '../../model/time.js';
import { mentions } from '../../transport/vaultApi/answers.js';
import { type Role, slotTag } from './role.js';
import type { Management, Server } from './server.js';

/** Lookups on their way at once: hundreds a second, and no strain on the server. */
const lookupsAtOnce = 8;

const accessorsAnswer = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const tokenAnswer = z.object({
  data: z.object({
    path: z.string(),
    meta: z.record(z.string(), z.string()).nullish(),
    /** Whole seconds since 1970. */
    creation_time: z.number(),
    /** The same, finer; older servers do not tell it. */
    issue_time: z.iso.datetime({ offset: true }).nullish(),
  }),
});
type Token = z.output<typeof tokenAnswer>['data'];

const mountAnswer = z.object({ data: z.object({ config: z.object({ token_type: z.string() }) }) });

/** Batch tokens are not stored: nobody can list or revoke them. `unknown`: the mount's settings cannot be read. */
export async function issuesBatchTokens(
  server: Server,
  management: Management,
  role: { readonly token_type: string },
): Promise<boolean | 'unknown'> {
  if (role.token_type === 'batch') return true;
  if (role.token_type === 'service') return false;
  // Answered to everybody who has any right below the mount; `sys/auth/<mount>/tune` asks for more.
  const path = ['sys', 'internal', 'ui', 'mounts', ...server.mountPath];
  const { body } = await management.send({ method: 'GET', path, expected: [403, 404] });
  const mount = mountAnswer.safeParse(body);
  return mount.success ? mount.data.data.config.token_type.endsWith('batch') : 'unknown';
}

interface LiveSlots {
  readonly tags: ReadonlySet<string>;
  /** Some secret-id that works was not issued by relock: its tokens do not tell where they came from. */
  readonly untagged: boolean;
}

async function liveSlots(role: Role): Promise<LiveSlots> {
  const tags = new Set<string>();
  let untagged = false;
  for (const accessor of await role.slots()) {
    const slot = await role.slotAt(accessor);
    if (slot === 'absent' || slot === 'expired') continue;
    const tag = slot.metadata?.[slotTag];
    if (tag === undefined) untagged = true;
    else tags.add(tag);
  }
  return { tags, untagged };
}

/**
 * A token of a secret-id that is gone is doomed, whatever the clocks say; one that is proven to be of a live secret-id
 * stays; where that cannot be told, its age decides.
 */
function isDoomed(token: Token, live: LiveSlots, before: Instant): boolean {
  const tag = token.meta?.[slotTag];
  if (tag !== undefined) return !live.tags.has(tag);
  return !live.untagged || issuedAt(token) < before;
}

function issuedAt({ issue_time, creation_time }: Token): Instant {
  return typeof issue_time === 'string' ? Date.parse(issue_time) : creation_time * 1000;
}

function isGone(status: number, body: unknown): boolean {
  return status === 404 || mentions(body, 'invalid accessor');
}

/**
 * Revokes tokens of a role, and with each the tokens made from it. There is no index by role: every token of the
 * namespace is looked at, once: some 700 a second, so 40,000 in a call of a minute.
 */
export class TokenSweep {
  readonly #server: Server;
  readonly #management: Management;
  readonly #effect: EffectContext;
  #revoking = false;
  #stopped = false;

  constructor(server: Server, management: Management, effect: EffectContext) {
    this.#server = server;
    this.#management = management;
    this.#effect = effect;
  }

  /** Ends tokens that were issued from secret-ids which are gone, and doubtful ones from before that moment. */
  async run(role: Role, roleName: string, before: Instant): Promise<void> {
    const live = await liveSlots(role);
    const loginPath = [...this.#server.mountPath, 'login'].join('/');
    const isDue = (token: Token) =>
      token.path === loginPath && token.meta?.role_name?.toLowerCase() === roleName && isDoomed(token, live, before);
    const rest = (await this.#accessors()).values();
    const workers = Array.from({ length: lookupsAtOnce }, () => this.#work(rest, isDue));
    const failed = (await Promise.allSettled(workers)).find((worker) => worker.status === 'rejected');
    if (failed !== undefined) throw this.#honest(failed.reason);
  }

  /** All workers share one list; when one fails, the others stop. */
  async #work(rest: Iterable<string>, isDue: (token: Token) => boolean): Promise<void> {
    try {
      for (const accessor of rest) {
        const token = this.#stopped ? null : await this.#lookUp(accessor);
        if (token !== null && isDue(token)) await this.#revoke(accessor);
      }
    } finally {
      this.#stopped = true;
    }
  }

  /** A failure after the first revocation is not one without effect. */
  #honest(error: unknown): unknown {
    if (!this.#revoking || !(error instanceof DriverError)) return error;
    return new DriverError({ ...error, effect: 'unknown', message: error.message });
  }

  async #accessors(): Promise<readonly string[]> {
    const path = ['auth', 'token', 'accessors', ''];
    const { status, body } = await this.#management.send({ method: 'LIST', path, expected: [404] });
    return status === 404 ? [] : this.#parsed(accessorsAnswer, body).data.keys;
  }

  /** null: it ended meanwhile. */
  async #lookUp(accessor: string): Promise<Token | null> {
    const { status, body } = await this.#askAbout(accessor);
    if (status === 200) return this.#parsed(tokenAnswer, body).data;
    // One that is just being revoked is "permission denied", as is everything to who lacks the right.
    if (isGone(status, body) || (await this.#mayLookUp())) return null;
    const text =
      'the management login may not look up tokens, so sessions of the old secret-id cannot be ended. Give its policy the rights that `relock check` names';
    throw this.#server.error('Unauthorized', 'none', text);
  }

  /** Who has the right is told of one that never was that it is none. */
  async #mayLookUp(): Promise<boolean> {
    const { status, body } = await this.#askAbout(randomUUID());
    return isGone(status, body);
  }

  #askAbout(accessor: string) {
    const path = ['auth', 'token', 'lookup-accessor'];
    const request = { method: 'POST', path, body: { accessor }, effectFree: true } as const;
    return this.#management.send({ ...request, expected: [400, 403, 404] });
  }

  async #revoke(accessor: string): Promise<void> {
    const path = ['auth', 'token', 'revoke-accessor'];
    this.#server.requireTime(this.#effect);
    this.#revoking = true;
    await this.#management.send({ method: 'POST', path, body: { accessor }, expected: [400] }, this.#effect);
  }

  #parsed<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const text = 'the answer about its tokens is none that a vault gives; not all were looked at. Check `address`';
    throw this.#server.error('Misconfigured', 'none', text);
  }
}

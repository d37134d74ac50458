import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { EffectContext } from '../../contracts/context.js';
import { Secret } from '../../secret/secret.js';
import type { Management, Server } from './server.js';

/** A secret-id's metadata is copied to every token that is issued from it: so a token tells where it came from. */
export const slotTag = 'relock_slot';

/** relock keeps the present secret-id and, while it rotates, the next one. */
export const maxSlots = 2;

const roleAnswer = z.object({
  data: z.object({
    bind_secret_id: z.boolean(),
    secret_id_num_uses: z.number(),
    secret_id_ttl: z.number(),
    secret_id_bound_cidrs: z.array(z.string()).nullish(),
    token_bound_cidrs: z.array(z.string()).nullish(),
    token_type: z.string(),
  }),
});
export type RoleSettings = z.output<typeof roleAnswer>['data'];

const listAnswer = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const roleIdAnswer = z.object({ data: z.object({ role_id: z.string() }) });
const issuedAnswer = z.object({ data: z.object({ secret_id: z.string(), secret_id_accessor: z.string() }) });
const slotAnswer = z.object({
  data: z.object({ secret_id_accessor: z.string(), metadata: z.record(z.string(), z.string()).nullish() }),
});
export type Slot = z.output<typeof slotAnswer>['data'];

/** One AppRole role, seen through a management login. */
export class Role {
  readonly #server: Server;
  readonly #management: Management;
  readonly #name: string;

  constructor(server: Server, management: Management, name: string) {
    this.#server = server;
    this.#management = management;
    this.#name = name;
  }

  #path(...rest: readonly string[]): readonly string[] {
    return [...this.#server.mountPath, 'role', this.#name, ...rest];
  }

  #read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const text = `the answer about role ${this.#name} is none that AppRole gives; look at the role before anything else. Check \`address\` and \`mount\``;
    throw this.#server.error('Misconfigured', 'unknown', text);
  }

  /** Throws `NotFound` when there is no such role. */
  async settings(): Promise<RoleSettings> {
    const { status, body } = await this.#management.send({ method: 'GET', path: this.#path(), expected: [404] });
    if (status !== 404) return this.#read(roleAnswer, body).data;
    const text = `there is no AppRole role ${this.#name} at auth/${this.#server.settings.mount}; nothing was changed. Correct the account or the mount in relock.yaml`;
    throw this.#server.error('NotFound', 'none', text);
  }

  async id(): Promise<string> {
    const { body } = await this.#management.send({ method: 'GET', path: this.#path('role-id') });
    return this.#read(roleIdAnswer, body).data.role_id;
  }

  /** Accessors of all secret-ids, sorted; also of expired ones that the server has not tidied yet. */
  async slots(): Promise<readonly string[]> {
    const path = this.#path('secret-id');
    const { status, body } = await this.#management.send({ method: 'LIST', path, expected: [404] });
    return status === 404 ? [] : this.#read(listAnswer, body).data.keys.sort();
  }

  async issue(effect: EffectContext): Promise<Secret> {
    const role_id = await this.id();
    const metadata = JSON.stringify({ [slotTag]: randomBytes(16).toString('hex') });
    const path = this.#path('secret-id');
    const { body } = await this.#management.send({ method: 'POST', path, body: { metadata } }, effect);
    const { secret_id, secret_id_accessor } = this.#read(issuedAnswer, body).data;
    return Secret.of({ role_id, secret_id, secret_id_accessor });
  }

  /** null: no such secret-id, or it has expired. */
  async slotOf(secret: Secret): Promise<Slot | null> {
    const { status, body } = await this.#management.send({
      method: 'POST',
      path: this.#path('secret-id', 'lookup'),
      body: { secret_id: secret.reveal('secret_id') },
      effectFree: true,
      expected: [404],
    });
    return status === 200 ? this.#read(slotAnswer, body).data : null;
  }

  /** `expired`: listed still, and good for nothing. */
  async slotAt(accessor: string): Promise<Slot | 'absent' | 'expired'> {
    const { status, body } = await this.#management.send({
      method: 'POST',
      path: this.#path('secret-id-accessor', 'lookup'),
      body: { secret_id_accessor: accessor },
      effectFree: true,
      expected: [404],
    });
    if (status === 404) return 'absent';
    return status === 204 ? 'expired' : this.#read(slotAnswer, body).data;
  }

  /** The accessor must be there: the server calls an absent one its own fault. */
  async destroy(accessor: string, effect: EffectContext): Promise<void> {
    const path = this.#path('secret-id-accessor', 'destroy');
    await this.#management.send({ method: 'POST', path, body: { secret_id_accessor: accessor } }, effect);
  }
}

export function noRoom(account: string, slots: number): string {
  return `role ${account} has ${slots} secret-ids, so there is no room for a new one beside the present one. Destroy those that nobody uses; expired ones go with auth/…/tidy/secret-id`;
}

/** Why secret-ids of this role cannot be rotated safely; null when they can. */
export function roleProblem(role: RoleSettings): string | null {
  if (!role.bind_secret_id)
    return 'needs no secret-id to log in (bind_secret_id is off), so a new one would prove nothing. Turn bind_secret_id on';
  if (role.secret_id_num_uses > 0) {
    return `limits how often a secret-id may be used (secret_id_num_uses ${role.secret_id_num_uses}), and each proof would use it up. Set it to 0`;
  }
  return null;
}

import { z } from 'zod';
import { Secret } from '../../src/secret/secret.js';
import { documentsObject, subjectOf } from './remoteDrivers.js';
import type { Answer, Call } from './wire.js';

/** Of one credential; the oldest are let go. */
const mostLines = 400;

/** What a journal says of relock's own document: read with none of relock's code. */
const record = z.object({ record: z.record(z.string(), z.unknown()).nullable() });

/** All that the vault and the devices were asked about each credential, and what they answered: to find out why. */
export class Journal {
  readonly #lines = new Map<string, string[]>();
  readonly #credentialOf: (subject: string) => string | undefined;
  readonly #nameOf: (credential: string, password: string) => string;
  readonly #startedAt = Date.now();

  /** `credentialOf` knows devices and paths; `nameOf` calls a value what a witness calls it. */
  constructor(
    credentialOf: (subject: string) => string | undefined,
    nameOf: (credential: string, password: string) => string,
  ) {
    this.#credentialOf = credentialOf;
    this.#nameOf = nameOf;
  }

  of(credential: string): readonly string[] {
    return this.#lines.get(credential) ?? [];
  }

  /** Of a device or a path. */
  note(subject: string, text: string): void {
    const credential = this.#credentialOf(subject);
    if (credential === undefined) return;
    const lines = this.#lines.get(credential) ?? [];
    lines.push(`${Date.now() - this.#startedAt} ms ${subject}: ${text}`);
    if (lines.length > mostLines) lines.shift();
    this.#lines.set(credential, lines);
  }

  call(call: Call, answer: Answer<unknown>): void {
    const { object, verb, args, after } = call;
    const subject = subjectOf(call);
    const credential = this.#credentialOf(subject);
    if (credential === undefined) return;
    const name = (secret: Secret) =>
      secret.has('password') ? this.#nameOf(credential, secret.reveal('password')) : '';
    const told =
      object === documentsObject ? `${args[0]} ${written(args[2])}` : args.map((arg) => toldAs(arg, name)).join(' ');
    const result = 'failed' in answer ? `${answer.failed.code}/${answer.failed.effect}` : brief(answer.value);
    const late = after === null ? '' : `${after.reached ? 'queued' : 'late'} ${after.ms} ms: `;
    this.note(subject, `${late}${verb} ${told} -> ${result}`);
  }
}

function toldAs(arg: unknown, name: (secret: Secret) => string): string {
  if (arg instanceof Secret) return name(arg);
  if (typeof arg !== 'object' || arg === null) return '';
  if ('notAfter' in arg && 'deadline' in arg)
    return `notAfter+${Number(arg.notAfter) - Date.now()} deadline+${Number(arg.deadline) - Date.now()}`;
  return '';
}

function written(content: unknown): string {
  const fields: unknown = typeof content === 'object' && content !== null ? Reflect.get(content, 'fields') : undefined;
  if (!(fields instanceof Secret) || !fields.has('relock_document')) return '';
  return JSON.stringify(record.parse(JSON.parse(fields.reveal('relock_document'))).record);
}

function brief(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

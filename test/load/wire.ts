import type { Socket } from 'node:net';
import { DriverError, type DriverErrorFields } from '../../src/model/errors.js';
import { Secret } from '../../src/secret/secret.js';

/** One call of an object in the estate server. */
export interface Call {
  readonly object: string;
  readonly verb: string;
  readonly args: readonly unknown[];
  /** It is answered at once, and carried out later, whatever becomes of who asked for it. */
  readonly after: Delay | null;
}

export interface Delay {
  readonly ms: number;
  /** It is at the target already, which does not ask any more whether the caller still wants it. */
  readonly reached: boolean;
  /** What a device declares (`settleMs`): later than this after it was taken it is not done any more. null: whenever it comes. */
  readonly withinMs: number | null;
}

export type Answer<Value> = { readonly value: Value } | { readonly failed: DriverErrorFields };

/** A frame is a line: the call's number, then JSON. The socket is one that only this user can open. */
export function send(socket: Socket, id: number, frame: Call | Answer<unknown>): void {
  if (socket.writable) socket.write(`${id} ${JSON.stringify(frame, inClear)}\n`);
}

/** Each frame as it comes; `read` makes it what it was. */
export function receive(socket: Socket, take: (id: number, frame: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const space = line.indexOf(' ');
      take(Number(line.slice(0, space)), line.slice(space + 1));
    }
  });
}

/** As untyped as JSON: both ends are this program. */
export function read(frame: string) {
  return JSON.parse(frame, asItWas);
}

export function failureOf(error: unknown): DriverErrorFields {
  if (error instanceof DriverError) {
    const { code, effect, driver, subject, message } = error;
    return { code, effect, driver, subject, message };
  }
  const message = error instanceof Error ? error.message : 'an unknown error';
  return { code: 'Bug', effect: 'unknown', driver: 'estate server', subject: 'estate server', message };
}

/** JSON asks a secret for its printable form first, so the holder is asked for the secret itself. */
function inClear(this: object, key: string, value: unknown): unknown {
  const raw: unknown = Reflect.get(this, key);
  if (raw instanceof Secret) return { $secret: raw.revealAll() };
  if (raw instanceof AbortSignal) return { $aborted: raw.aborted };
  return value;
}

const notAborted = new AbortController().signal;

function asItWas(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$secret' in value) return Secret.of(Object.fromEntries(Object.entries(Object(value.$secret)).map(textField)));
  if ('$aborted' in value) return value.$aborted === true ? AbortSignal.abort() : notAborted;
  return value;
}

function textField([name, text]: [string, unknown]): [string, string] {
  return [name, String(text)];
}

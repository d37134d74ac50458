import type { Socket } from 'node:net';
import type { CallContext } from '../../contracts/context.js';
import { interruptible, Scope } from '../../transport/ssh/scope.js';
import { cut, openSocket } from '../../transport/ssh/socket.js';

/**
 * What a VTY does: `asks` for a password, hangs up without asking (`mute`; FRR does so where none is set), or lets everybody in
 * (`open`); once it got one, `accepted` or `rejected`. `unknown`: it did not come to a decision.
 */
export type VtyAnswer = 'asks' | 'mute' | 'open' | 'accepted' | 'rejected' | 'unknown';

/** Stands for telnet commands; no byte reads as it. */
const command = '→';

/**
 * The greeting ends with telnet commands and a prompt. Before them stands what the router's owner wrote (`banner motd`), which may
 * look like anything, also like a prompt where the network cuts the text in two.
 */
const greetings = { asks: /→Password: $/, open: /→[^\s→]+[>#] $/ } as const;

/**
 * An answer is all that was said since the password: asked again, or the CLI's prompt. A VTY that had asked for nothing takes the
 * password for a command: it says it back, and does not know it.
 */
const verdicts = {
  rejected: /^[\n→]*(?:Password: |% Bad passwords, too many failures!\n*)$/,
  accepted: /^[\n→]*[^\s→]+[>#] $/,
  neither: /[>#] $/,
} as const;

/** More than any greeting; whatever says more comes to no decision. */
const maxChars = 16 * 1024;

/** Telnet commands (RFC 854): `IAC` and what belongs to it. None is answered: the VTY does not wait for that. */
const negotiation = /\xff\xfa[\s\S]{0,64}?\xff\xf0|\xff[\xfb-\xfe][\s\S]|\xff[\xf0-\xf9]/g;

function plain(text: string): string {
  return text.replace(negotiation, command).replaceAll('\r', '').replaceAll('\0', '');
}

/** Waits until all that was said matches one of the table, in its order; `mute` when the VTY hangs up first. */
function hear<Name extends string>(
  socket: Socket,
  table: Readonly<Record<Name, RegExp>>,
  signal: AbortSignal,
): Promise<Name | 'mute' | 'unknown'> {
  return interruptible(signal, (resolve) => {
    let heard = '';
    const listen = (bytes: Buffer) => {
      heard += bytes.toString('latin1');
      if (heard.length > maxChars) {
        socket.off('data', listen);
        resolve('unknown');
        return;
      }
      const text = plain(heard);
      for (const name in table) {
        if (!table[name].test(text)) continue;
        socket.off('data', listen);
        resolve(name);
        return;
      }
    };
    socket.on('data', listen);
    socket.once('close', () => resolve('mute'));
    socket.resume();
  });
}

/**
 * One connection to a telnet VTY, and one attempt with that password; with null, only a look at what it asks. Everything
 * that the network does is `unknown`.
 */
export async function logInToVty(
  address: { readonly host: string; readonly port: number },
  password: string | null,
  context: CallContext,
): Promise<VtyAnswer> {
  const scope = new Scope(context);
  let socket: Socket | null = null;
  try {
    socket = await openSocket(address.host, address.port, scope.signal);
    socket.on('error', () => undefined);
    const greeting = await hear(socket, greetings, scope.signal);
    if (greeting !== 'asks' || password === null) return greeting;
    return await answerTo(socket, password, scope.signal);
  } catch {
    return 'unknown';
  } finally {
    if (socket !== null) cut(socket);
    scope.dispose();
  }
}

/** The prompt counts when an empty line gets the very same again: a VTY that took the password for a command still says so. */
async function answerTo(socket: Socket, password: string, signal: AbortSignal): Promise<VtyAnswer> {
  // CR alone: with LF behind it, some would take that for another, empty, attempt.
  for (const line of [password, '']) {
    socket.write(`${line}\r`);
    const heard = await hear(socket, verdicts, signal);
    if (heard === 'rejected' && line === password) return 'rejected';
    if (heard !== 'accepted') return 'unknown';
  }
  return 'accepted';
}

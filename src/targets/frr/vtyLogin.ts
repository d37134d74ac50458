import type { Socket } from 'node:net';
import type { CallContext } from '../../contracts/context.js';
import { interruptible, Scope } from '../../transport/ssh/scope.js';
import { cut, openSocket } from '../../transport/ssh/socket.js';

/**
 * What a VTY does: `asks` for a password, has none to ask for (`notSet`) and hangs up, or lets everybody in (`open`);
 * once it got one, `accepted` or `rejected`. `unknown`: it did not come to a decision.
 */
export type VtyAnswer = 'asks' | 'notSet' | 'open' | 'accepted' | 'rejected' | 'unknown';

const greetings = { asks: /Password: $/, notSet: /password is not set/i, open: /(?:^|\n)\S+[>#] $/ } as const;
const verdicts = { accepted: /(?:^|\n)\S+[>#] $/, rejected: /Password: $|bad passwords/i } as const;

/** More than any greeting; whatever says more comes to no decision. */
const maxChars = 16 * 1024;

/** Telnet commands (RFC 854): `IAC` and what belongs to it. None is answered: the VTY does not wait for that. */
const negotiation = /\xff\xfa[\s\S]{0,64}?\xff\xf0|\xff[\xfb-\xfe][\s\S]|\xff[\xf0-\xf9]/g;

function plain(text: string): string {
  return text.replace(negotiation, '').replaceAll('\r', '').replaceAll('\0', '');
}

/** Waits until what was said matches one of the table; `unknown` when the VTY hangs up first. */
function hear<Name extends string>(
  socket: Socket,
  table: Readonly<Record<Name, RegExp>>,
  signal: AbortSignal,
): Promise<Name | 'unknown'> {
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
    socket.once('close', () => resolve('unknown'));
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
    // CR alone: with LF behind it, some would take that for another, empty, attempt.
    socket.write(`${password}\r`);
    return await hear(socket, verdicts, scope.signal);
  } catch {
    return 'unknown';
  } finally {
    if (socket !== null) cut(socket);
    scope.dispose();
  }
}

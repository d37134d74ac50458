import { createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from 'ssh2';
import { onTestFinished } from 'vitest';
import { Secret } from '../../src/secret/secret.js';
import { fingerprintOf, generateSshKey } from '../../src/secret/sshKey.js';
import type { SshEndpoint, SshLogin } from '../../src/transport/ssh/endpoint.js';

export const password = 'Hush-of-the-tests-7391';
export const login: SshLogin = { account: 'svc', secret: Secret.of({ password }) };

const hostKey = generateSshKey('host').reveal('private_key');
const parsed = ssh2.utils.parseKey(hostKey);
if (parsed instanceof Error) throw parsed;
const pin = fingerprintOf(parsed.getPublicSSH());

async function listening(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

function endpointAt(port: number): SshEndpoint {
  const address = { host: '127.0.0.1', port, hostKey: pin, algorithms: 'default', jump: null } as const;
  return { driver: 'test', subject: 'device-1', address };
}

/** A peer below SSH: bytes on a socket. */
export async function rawPeer(serve: (socket: Socket) => void): Promise<SshEndpoint> {
  return endpointAt(await listening(serve));
}

export interface Misbehaviour {
  readonly onSocket?: (socket: Socket) => void;
  readonly onConnection?: (connection: Connection, socket: Socket) => void;
  /** Instead of all that is done about a login otherwise. */
  readonly onAuthentication?: (context: AuthContext, connection: Connection) => void;
  /** After the right password; default: let in. */
  readonly onLogin?: (connection: Connection, socket: Socket) => 'accept' | 'silence';
  readonly onSession?: (session: Session, socket: Socket) => void;
  /** A command or the shell was started. */
  readonly onStart?: (channel: ServerChannel, command: string, socket: Socket) => void;
  readonly banner?: string;
}

/** A real SSH server (key exchange, encryption, authentication), which then behaves as told. */
export async function hostileServer(misbehaviour: Misbehaviour): Promise<SshEndpoint> {
  const queue: Socket[] = [];
  const options = { hostKeys: [hostKey], ...(misbehaviour.banner !== undefined && { banner: misbehaviour.banner }) };
  const protocol = new ssh2.Server(options, (connection) => {
    const socket = queue.shift();
    if (socket !== undefined) serve(connection, socket, misbehaviour);
  });
  const port = await listening((socket) => {
    queue.push(socket);
    misbehaviour.onSocket?.(socket);
    protocol.injectSocket(socket);
  });
  return endpointAt(port);
}

function serve(connection: Connection, socket: Socket, misbehaviour: Misbehaviour): void {
  connection.on('error', () => undefined);
  misbehaviour.onConnection?.(connection, socket);
  connection.on('authentication', (context) => {
    if (misbehaviour.onAuthentication !== undefined) return misbehaviour.onAuthentication(context, connection);
    if (context.method !== 'password') return context.reject(['password']);
    if ((misbehaviour.onLogin?.(connection, socket) ?? 'accept') === 'accept') context.accept();
  });
  connection.on('session', (accept) => {
    const session = accept();
    session.on('pty', (allow) => allow?.());
    session.on('exec', (start, _refuse, { command }) => began(start(), command));
    session.on('shell', (start) => began(start(), ''));
    misbehaviour.onSession?.(session, socket);
  });
  const began = (channel: ServerChannel, command: string) => {
    channel.on('error', () => undefined);
    misbehaviour.onStart?.(channel, command, socket);
  };
}

/** Writes again and again, as fast as the other side takes it. */
export function floodOf(stream: NodeJS.WritableStream, chunk: Buffer): { readonly sent: () => number } {
  let sent = 0;
  let over = false;
  const more = () => {
    for (let count = 0; !over && count < 64; count += 1) {
      sent += chunk.length;
      if (!stream.write(chunk)) {
        stream.once('drain', more);
        return;
      }
    }
    if (!over) setImmediate(more);
  };
  stream.on('close', () => {
    over = true;
  });
  stream.on('error', () => {
    over = true;
  });
  more();
  return { sent: () => sent };
}

/** How much memory outside and inside of the heap a piece of work left behind at its worst, and how long it took. */
export async function costOf<T>(work: () => Promise<T>): Promise<{ value: T; megabytes: number; ms: number }> {
  const used = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, used());
  }, 20);
  const startedAt = Date.now();
  try {
    const value = await work();
    most = Math.max(most, used());
    return { value, megabytes: (most - before) / 1e6, ms: Date.now() - startedAt };
  } finally {
    clearInterval(timer);
  }
}

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import ssh2, {
  type AuthContext,
  type AuthenticationType,
  type Connection,
  type ServerChannel,
  type Session,
} from 'ssh2';
import { fingerprintOf } from '../../secret/sshKey.js';
import { algorithmsFor } from './algorithms.js';

/** How somebody tries to log in. Passwords are the client's: the handler compares and forgets them. */
export type ServerLoginAttempt =
  | { readonly method: 'password'; readonly account: string; readonly password: string }
  /** The signature is checked here; `blob` is the public key in wire form, base64. */
  | { readonly method: 'publickey'; readonly account: string; readonly type: string; readonly blob: string }
  | {
      readonly method: 'keyboard-interactive';
      readonly account: string;
      readonly ask: (
        prompts: readonly { readonly text: string; readonly echo: boolean }[],
      ) => Promise<readonly string[]>;
    };

/** `drop` hangs up without an answer; `silence` never gives one. */
export type ServerLoginDecision = 'accept' | 'reject' | 'drop' | 'silence';

/** One running command or shell of a logged-in account. */
export interface ServerProcess {
  readonly account: string;
  /** null: the login shell. */
  readonly command: string | null;
  /** It runs on a terminal. Whether the client wants echo is not known here, so nothing is echoed. */
  readonly terminal: boolean;
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  /** Ends the connection without an exit code, as a crash would. */
  readonly drop: () => void;
}

export interface SshServerOptions {
  /** Private key in OpenSSH or PEM format. */
  readonly hostKey: string;
  readonly methods: readonly ServerLoginAttempt['method'][];
  readonly authenticate: (attempt: ServerLoginAttempt) => ServerLoginDecision | Promise<ServerLoginDecision>;
  /** Gives the exit code. */
  readonly run: (process: ServerProcess) => Promise<number>;
  readonly algorithms?: 'default' | 'legacy';
  /** What it calls itself in its first line; no blanks. */
  readonly software?: string;
  /** Default 127.0.0.1, and a port that the system chooses. */
  readonly listen?: { readonly host: string; readonly port: number };
}

export interface SshServer {
  readonly host: string;
  readonly port: number;
  /** `SHA256:…`, for the pin. */
  readonly hostKey: string;
  connectionCount(): number;
  /** Ends every connection; new ones are taken. */
  dropConnections(): void;
  /** Takes no more connections and ends all. */
  close(): Promise<void>;
}

function publicHostKey(hostKey: string): Buffer {
  const parsed = ssh2.utils.parseKey(hostKey);
  if (parsed instanceof Error) throw new RangeError('the host key of an SSH server cannot be read');
  return parsed.getPublicSSH();
}

function signatureHolds(context: AuthContext): boolean {
  if (context.method !== 'publickey' || context.signature === undefined || context.blob === undefined) return false;
  const key = ssh2.utils.parseKey(context.key.data);
  if (key instanceof Error) return false;
  return key.verify(context.blob, context.signature, context.hashAlgo) === true;
}

function attemptOf(context: AuthContext): ServerLoginAttempt | null {
  const account = context.username;
  switch (context.method) {
    case 'password':
      return { method: 'password', account, password: context.password };
    case 'publickey': {
      const blob = context.key.data.toString('base64');
      return { method: 'publickey', account, type: context.key.algo, blob };
    }
    case 'keyboard-interactive': {
      const ask = (prompts: readonly { readonly text: string; readonly echo: boolean }[]) =>
        new Promise<readonly string[]>((resolve) => {
          const asked = prompts.map(({ text, echo }) => ({ prompt: text, echo }));
          context.prompt(asked, (answers) => resolve(answers));
        });
      return { method: 'keyboard-interactive', account, ask };
    }
    default:
      return null;
  }
}

async function decide(context: AuthContext, options: SshServerOptions): Promise<ServerLoginDecision> {
  const attempt = attemptOf(context);
  if (attempt === null || !options.methods.includes(attempt.method)) return 'reject';
  const decision = await options.authenticate(attempt);
  // A client first asks whether a key would do, and only then signs.
  const unproven = context.method === 'publickey' && context.signature !== undefined && !signatureHolds(context);
  return unproven && decision === 'accept' ? 'reject' : decision;
}

async function authenticate(context: AuthContext, connection: Connection, options: SshServerOptions): Promise<void> {
  const decision = await decide(context, options).catch(() => 'drop' as const);
  const methods: AuthenticationType[] = [...options.methods];
  if (decision === 'accept') context.accept();
  else if (decision === 'reject') context.reject(methods);
  else if (decision === 'drop') connection.end();
}

interface Login {
  readonly account: string;
  readonly connection: Connection;
  readonly options: SshServerOptions;
}

async function runProcess(
  channel: ServerChannel,
  login: Login,
  started: Pick<ServerProcess, 'command' | 'terminal'>,
): Promise<void> {
  channel.on('error', () => undefined);
  const { account, connection, options } = login;
  // Whoever reads `input` to its end closes it, and the channel must stay open for the output.
  const streams = { input: channel.stdin.pipe(new PassThrough()), output: channel.stdout, errors: channel.stderr };
  try {
    const code = await options.run({ account, ...started, ...streams, drop: () => connection.end() });
    if (channel.writable) {
      channel.exit(code);
      channel.end();
    }
  } catch {
    connection.end();
  }
}

function serveSession(session: Session, login: Login): void {
  let terminal = false;
  session.on('pty', (accept) => {
    terminal = true;
    accept?.();
  });
  session.on('exec', (accept, _reject, { command }) => {
    void runProcess(accept(), login, { command, terminal });
  });
  session.on('shell', (accept) => {
    void runProcess(accept(), login, { command: null, terminal });
  });
  session.on('error', () => undefined);
}

function serve(connection: Connection, options: SshServerOptions): void {
  let account = '';
  connection.on('authentication', (context) => {
    account = context.username;
    void authenticate(context, connection, options);
  });
  connection.on('session', (accept) => serveSession(accept(), { account, connection, options }));
  connection.on('error', () => undefined);
}

function protocolOf(options: SshServerOptions): ssh2.Server {
  const algorithms = algorithmsFor(options.algorithms ?? 'default');
  const name = options.software === undefined ? {} : { ident: options.software };
  return new ssh2.Server({ hostKeys: [options.hostKey], algorithms, ...name }, (connection) =>
    serve(connection, options),
  );
}

/** An SSH server in this process, with real key exchange and authentication. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const protocol = protocolOf(options);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    protocol.injectSocket(socket);
  });
  const { host, port } = options.listen ?? { host: '127.0.0.1', port: 0 };
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address();
  const dropConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    host,
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    hostKey: fingerprintOf(publicHostKey(options.hostKey)),
    connectionCount: () => sockets.size,
    dropConnections,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      dropConnections();
      await closed;
    },
  };
}

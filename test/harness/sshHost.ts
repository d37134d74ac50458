import { randomInt } from 'node:crypto';
import { access } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { installDebianPackages } from '../../src/servers/debian.js';
import { findProgram } from '../../src/servers/findServer.js';
import { freePort } from '../../src/servers/freePort.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { type Namespace, type Output, startNamespace } from './namespace.js';
import { say } from './say.js';

export interface SshHostOptions {
  /** Host name; a default is made. */
  readonly name?: string;
  /** dropbear instead of OpenSSH with PAM. */
  readonly dropbear?: boolean;
  /** Lines at the end of sshd_config, such as `MaxStartups 2` or a `Match` block. OpenSSH only. */
  readonly sshdConfig?: readonly string[];
  /** Files inside the host, written before the daemon starts: absolute path → content (mode 0644, owner root). */
  readonly files?: Readonly<Record<string, string>>;
  /** Arguments of pam_pwquality, such as `retry=1 minlen=24 enforce_for_root`: new passwords that fail it are refused. */
  readonly pwquality?: string;
  /** Lines before the rest of PAM's `common-auth`, such as pam_faillock's. */
  readonly pamAuth?: readonly string[];
  /** Folder outside that becomes /home, to share homes between hosts. */
  readonly home?: string;
}

export interface HostUser {
  readonly name: string;
  /** Without it the account has no usable password. */
  readonly password?: string;
  readonly shell?: string;
  /** `password`: sudo asks for the account's own password. */
  readonly sudo?: 'nopasswd' | 'password';
  readonly groups?: readonly string[];
  /** Lines of ~/.ssh/authorized_keys. */
  readonly authorizedKeys?: readonly string[];
}

export interface SshHost {
  readonly name: string;
  /** `ip:port`. */
  readonly address: string;
  readonly ip: string;
  readonly port: number;
  /** `SHA256:…`, as OpenSSH prints it. */
  readonly hostKey: string;
  /** The host's first process, as seen from outside: to stop or kill the machine. */
  readonly pid: number;
  /** As root inside the host; throws when the command fails. Gives stdout. */
  exec(command: string, input?: string): Promise<string>;
  /** As root inside the host; never throws for what the command does. */
  run(command: string, input?: string): Promise<Output>;
  addUser(user: HostUser): Promise<void>;
  setPassword(user: string, password: string): Promise<void>;
  /** The account's line of /etc/shadow. */
  shadowLine(user: string): Promise<string>;
  readFile(path: string): Promise<string>;
  writeFile(path: string, content: string): Promise<void>;
  /** Makes a new host key and restarts the daemon with it; gives the new fingerprint. */
  changeHostKey(): Promise<string>;
  /** The daemon and every session end; the accounts stay. */
  stopDaemon(): Promise<void>;
  startDaemon(): Promise<void>;
  /** `stopDaemon`, then `startDaemon`. */
  restart(): Promise<void>;
  /** The host is gone for good. */
  stop(): Promise<void>;
}

const openSshKey = '/etc/ssh/ssh_host_ed25519_key';
const dropbearKey = '/etc/dropbear/host_key';

/** A Linux host with real accounts under a real SSH daemon, on an address of its own in 127.0.0.0/8. Needs root. */
export async function startSshHost(options: SshHostOptions = {}): Promise<SshHost> {
  const daemon = await findProgram(options.dropbear === true ? 'dropbear' : 'openssh', say);
  if (options.pwquality !== undefined) await requirePwquality();
  const ip = `127.${randomInt(64, 250)}.${randomInt(0, 250)}.${randomInt(2, 250)}`;
  const place = { ip, port: await freePort(ip), name: options.name ?? `host-${ip.split('.').slice(2).join('-')}` };
  const inside = await startNamespace({
    hostname: place.name,
    ...(options.home !== undefined && { home: options.home }),
  });
  try {
    const hostKey = await makeHostKey(inside, options);
    await configure(inside, place, options);
    const command = daemonCommand(daemon, options, place);
    const host = { ...place, hostKey, ...daemonVerbs(inside, place, command, options), ...accountVerbs(inside) };
    await host.startDaemon();
    return { ...host, address: `${place.ip}:${place.port}`, pid: inside.pid, stop: inside.stop };
  } catch (error) {
    await inside.stop();
    throw error;
  }
}

interface Place {
  readonly ip: string;
  readonly port: number;
  readonly name: string;
}

type DaemonVerbs = Pick<SshHost, 'startDaemon' | 'stopDaemon' | 'restart' | 'changeHostKey'>;

function daemonVerbs(
  inside: Namespace,
  { ip, port, name }: Place,
  command: string,
  options: SshHostOptions,
): DaemonVerbs {
  const startDaemon = async () => {
    await inside.exec(command);
    await waitUntil(() => greets(ip, port), { what: `the SSH daemon of ${name}`, timeoutMs: 10_000, intervalMs: 5 });
  };
  const stopDaemon = async () => {
    const any = '"sshd|dropbear"';
    await inside.run(`pkill -KILL -x ${any}; while pgrep -x ${any}; do sleep 0.01; done`);
  };
  const restart = async () => {
    await stopDaemon();
    await startDaemon();
  };
  const changeHostKey = async () => {
    const hostKey = await makeHostKey(inside, options);
    await restart();
    return hostKey;
  };
  return { startDaemon, stopDaemon, restart, changeHostKey };
}

type AccountVerbs = Pick<SshHost, 'exec' | 'run' | 'addUser' | 'setPassword' | 'shadowLine' | 'readFile' | 'writeFile'>;

function accountVerbs(inside: Namespace): AccountVerbs {
  return {
    exec: inside.exec,
    run: inside.run,
    addUser: (user) => addUser(inside, user),
    setPassword: (user, password) => setPassword(inside, user, password),
    shadowLine: async (user) => (await inside.exec(`getent shadow ${user}`)).trim(),
    readFile: (path) => inside.exec(`cat '${path}'`),
    writeFile: (path, content) => writeFile(inside, path, content),
  };
}

async function setPassword(inside: Namespace, user: string, password: string): Promise<void> {
  await inside.exec('chpasswd', `${user}:${password}\n`);
}

async function writeFile(inside: Namespace, path: string, content: string): Promise<void> {
  await inside.exec(`mkdir -p '${dirname(path)}' && cat > '${path}'`, content);
}

/** Several hosts with the same options, started together. */
export async function startSshHosts(options: SshHostOptions & { readonly count: number }): Promise<SshHost[]> {
  const { count, name, ...same } = options;
  const each = Array.from({ length: count }, (_, index) =>
    name === undefined ? same : { ...same, name: `${name}-${index + 1}` },
  );
  return Promise.all(each.map((one) => startSshHost(one)));
}

async function makeHostKey(inside: Namespace, { dropbear }: SshHostOptions): Promise<string> {
  const made =
    dropbear === true
      ? await inside.exec(
          `mkdir -p /etc/dropbear && rm -f ${dropbearKey} && dropbearkey -t ed25519 -f ${dropbearKey} && dropbearkey -y -f ${dropbearKey}`,
        )
      : await inside.exec(
          `rm -f /etc/ssh/ssh_host_* && ssh-keygen -q -t ed25519 -N '' -f ${openSshKey} && ssh-keygen -lf ${openSshKey}.pub`,
        );
  const [fingerprint] = made.match(/SHA256:[A-Za-z0-9+/]{43}/) ?? [];
  if (fingerprint === undefined) throw new Error(`no fingerprint in: ${made}`);
  return fingerprint;
}

async function configure(inside: Namespace, place: Place, options: SshHostOptions): Promise<void> {
  const quality =
    options.pwquality === undefined ? [] : [`password requisite pam_pwquality.so dictcheck=0 ${options.pwquality}`];
  const unixPassword =
    quality.length === 0 ? 'pam_unix.so yescrypt' : 'pam_unix.so use_authtok try_first_pass yescrypt';
  const files: Record<string, string> = {
    '/etc/ssh/sshd_config': sshdConfig(place, options.sshdConfig ?? []),
    '/etc/pam.d/common-password': lines(
      ...quality,
      `password [success=1 default=ignore] ${unixPassword}`,
      'password requisite pam_deny.so',
      'password required pam_permit.so',
    ),
    '/etc/pam.d/common-auth': lines(
      ...(options.pamAuth ?? []),
      // nodelay: a refused login answers at once, instead of after two seconds.
      'auth [success=1 default=ignore] pam_unix.so nullok nodelay',
      'auth requisite pam_deny.so',
      'auth required pam_permit.so',
    ),
    ...options.files,
  };
  for (const [path, content] of Object.entries(files)) await writeFile(inside, path, content);
}

function sshdConfig({ ip, port }: Place, extra: readonly string[]): string {
  return lines(
    `Port ${port}`,
    `ListenAddress ${ip}`,
    `HostKey ${openSshKey}`,
    'PermitRootLogin yes',
    'PasswordAuthentication yes',
    'UsePAM yes',
    'UseDNS no',
    'PrintMotd no',
    'Subsystem sftp internal-sftp',
    'PidFile /run/sshd.pid',
    ...extra,
  );
}

function daemonCommand(daemon: string, { dropbear }: SshHostOptions, { ip, port }: Place): string {
  if (dropbear === true) return `${daemon} -p ${ip}:${port} -r ${dropbearKey} -P /run/dropbear.pid`;
  return `mkdir -p /run/sshd && ${daemon} -E /var/log/sshd.log`;
}

async function addUser(inside: Namespace, user: HostUser): Promise<void> {
  const { name, password, shell = '/bin/bash', groups = [], authorizedKeys, sudo } = user;
  const member = groups.length === 0 ? '' : `-G ${groups.join(',')}`;
  await inside.exec(`useradd -m -s ${shell} ${member} ${name}`);
  if (password !== undefined) await setPassword(inside, name, password);
  if (sudo !== undefined) {
    await findProgram('sudo', say);
    await writeFile(
      inside,
      `/etc/sudoers.d/${name}`,
      `${name} ALL=(ALL) ${sudo === 'nopasswd' ? 'NOPASSWD: ' : ''}ALL\n`,
    );
  }
  if (authorizedKeys === undefined) return;
  const folder = (await inside.exec(`getent passwd ${name}`)).split(':')[5];
  await writeFile(inside, `${folder}/.ssh/authorized_keys`, lines(...authorizedKeys));
  await inside.exec(`cd ${folder} && chmod 700 .ssh && chmod 600 .ssh/authorized_keys && chown -R ${name}: .ssh`);
}

async function requirePwquality(): Promise<void> {
  const module = '/usr/lib/x86_64-linux-gnu/security/pam_pwquality.so';
  await access(module).catch(() => installDebianPackages(['libpam-pwquality']));
  await access(module);
}

/** The daemon has sent its banner. */
async function greets(ip: string, port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: ip, port });
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
  });
}

function lines(...content: readonly string[]): string {
  return `${content.join('\n')}\n`;
}

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnServer } from '../../src/servers/spawnServer.js';
import { untilReady } from '../../src/servers/untilReady.js';
import { waitUntil } from '../../src/servers/waitUntil.js';

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Namespace {
  /** Process 1 of the namespace, as seen from outside. */
  readonly pid: number;
  /** Runs a shell command as root inside; never throws for what the command does. */
  run(command: string, input?: string): Promise<Output>;
  /** As `run`; gives stdout, throws when the command fails. */
  exec(command: string, input?: string): Promise<string>;
  /** Ends every process inside; the files inside are gone with them. */
  stop(): Promise<void>;
}

export interface NamespaceOptions {
  readonly hostname: string;
  /** Folder outside that becomes /home; without it /home is empty and its own. */
  readonly home?: string;
}

// What makes a host of its own: accounts, homes, run-time files, logs, processes, a name. All of it lives in memory and
// vanishes with process 1, which reaps orphans as an init does. The network is the machine's.
const initScript = `
set -eu
mount --make-rprivate /
home=$2
mount -t tmpfs -o mode=755 relock /mnt
mkdir /mnt/etc /mnt/work
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/etc,workdir=/mnt/work overlay /etc
if [ -n "$home" ]; then mount --bind "$home" /home; else mount -t tmpfs -o mode=755 relock /home; fi
mkdir -p /var/lib/sudo /var/spool/cron/crontabs
for folder in /root /run /var/log /var/mail /var/lib/sudo /var/spool/cron/crontabs /tmp /var/tmp; do
  mount -t tmpfs -o mode=755 relock "$folder"
done
chmod 700 /root
chmod 1777 /tmp /var/tmp
hostname "$1"
# A name that does not resolve makes sudo wait for DNS.
printf '127.0.1.1 %s\n' "$1" >> /etc/hosts
echo ready
trap : CHLD
while :; do sleep 1000 & wait $! || true; done
`;

/** A host within this machine: its own /etc, /home, /run, processes and host name. Needs root. Dies with this process. */
export async function startNamespace(options: NamespaceOptions): Promise<Namespace> {
  if (process.getuid?.() !== 0) throw new Error('hosts of their own need root: run the tests as root');
  const folder = await mkdtemp(join(tmpdir(), 'relock-host-'));
  const logFile = join(folder, 'init.log');
  const own = ['--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child=KILL', '--mount-proc'];
  const init = ['bash', '-c', initScript, 'init', options.hostname, options.home ?? ''];
  const server = await spawnServer({ command: 'unshare', args: [...own, ...init], logFile });
  const stop = async () => {
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady({ what: 'a host of its own', server, logFile }, initIsReady(logFile));
    return insideOf(await onlyChild(server.pid), stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function initIsReady(logFile: string): Promise<true> {
  const attempt = async () => (await readFile(logFile, 'utf8')).includes('ready') || undefined;
  return waitUntil(attempt, { what: 'the start of a host', timeoutMs: 10_000, intervalMs: 5 });
}

async function onlyChild(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number.parseInt(children, 10);
}

function insideOf(pid: number, stop: () => Promise<void>): Namespace {
  const run = (command: string, input = '') => enter(pid, command, input);
  return {
    pid,
    run,
    async exec(command, input) {
      const { code, stdout, stderr } = await run(command, input);
      if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stderr || stdout}`);
      return stdout;
    },
    stop,
  };
}

function enter(pid: number, command: string, input: string): Promise<Output> {
  const args = ['-t', `${pid}`, '-m', '-p', '-u', '-i', '--wd=/', '--', 'bash', '-c', command];
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C' };
  return new Promise((resolve) => {
    const child = execFile('nsenter', args, { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
    });
    // A command that reads no input may be gone before it is written.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { installDebianPackages } from '../../src/servers/debian.js';
import { programOnPath } from '../../src/servers/sources.js';
import { type Fleet, newPassword } from '../fleet.js';
import { cpuSeconds } from '../measure/cpu.js';
import { ascending, type Lane } from '../measure/lane.js';

const playbook = fileURLToPath(new URL('rotate.playbook.yml', import.meta.url));

/** Debian's Ansible, tuned as its documentation advises: pipelining, and one connection of root per address. */
export async function ansible(fleet: Fleet, { forks }: { readonly forks: number }): Promise<Lane> {
  await programOnPath('ansible-playbook').catch(() => installDebianPackages(['ansible', 'sshpass']));
  const folder = await mkdtemp(join(tmpdir(), 'relock-ansible-'));
  try {
    await prepare(fleet, folder, forks);
    const look = () => ({ ansible: cpuSeconds([process.pid]), sshd: cpuSeconds(fleet.hosts.map(({ pid }) => pid)) });
    const before = look();
    const startedAt = performance.now();
    const refusedAfter = await play(folder, startedAt);
    const seconds = (performance.now() - startedAt) / 1000;
    const after = look();
    const sshd = after.sshd - before.sshd;
    const cpu = { ansible: after.ansible - before.ansible - sshd, sshd };
    const credentials = fleet.accounts.length;
    return { name: 'Ansible', credentials, seconds, refusedAfter: ascending(refusedAfter), deadFor: null, cpu };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(fleet: Fleet, folder: string, forks: number): Promise<void> {
  const olds = await fleet.reset();
  const hosts = fleet.accounts.map(({ name, host }) => {
    const place = { ansible_host: host.ip, ansible_port: host.port };
    return [name, { ...place, old: olds.get(name), next: newPassword() }] as const;
  });
  const vars = { root_password: fleet.management, ansible_python_interpreter: '/usr/bin/python3' };
  const inventory = { accounts: { hosts: Object.fromEntries(hosts), vars } };
  const known = await Promise.all(
    fleet.hosts.map(async (host) => {
      const key = await host.readFile('/etc/ssh/ssh_host_ed25519_key.pub');
      return `[${host.ip}]:${host.port} ${key}`;
    }),
  );
  const write = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 });
  await write('inventory.yml', JSON.stringify(inventory));
  await write('known_hosts', known.join(''));
  await write('ansible.cfg', configuration(folder, forks));
}

function configuration(folder: string, forks: number): string {
  return [
    '[defaults]',
    `inventory = ${folder}/inventory.yml`,
    `forks = ${forks}`,
    `local_tmp = ${folder}/tmp`,
    'timeout = 60',
    'deprecation_warnings = False',
    '[ssh_connection]',
    'pipelining = True',
    `control_path_dir = ${folder}/cp`,
    `ssh_common_args = -o UserKnownHostsFile=${folder}/known_hosts -o StrictHostKeyChecking=yes`,
    '',
  ].join('\n');
}

/** Runs it; gives after how many seconds each old password was refused. */
async function play(folder: string, startedAt: number): Promise<number[]> {
  const env = { ...process.env, ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), PYTHONUNBUFFERED: '1', LC_ALL: 'C.UTF-8' };
  const child = spawn('ansible-playbook', [playbook], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const refused: number[] = [];
  let task = '';
  let said = '';
  for await (const line of createInterface({ input: child.stdout })) {
    said = `${said}${line}\n`.slice(-4000);
    task = line.match(/^TASK \[(.*)\]/)?.[1] ?? task;
    if (task === 'old is refused' && /^fatal: .*UNREACHABLE!/.test(line))
      refused.push((performance.now() - startedAt) / 1000);
  }
  const [code] = await ended;
  // 4: some login was refused, as it should be.
  if (code !== 0 && code !== 4) throw new Error(`ansible-playbook ended with ${code}:\n${said}`);
  return refused;
}

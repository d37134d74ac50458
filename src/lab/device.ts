import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Millis } from '../model/time.js';
import { generateSshKey } from '../secret/sshKey.js';
import {
  type ServerLoginAttempt,
  type ServerLoginDecision,
  type ServerProcess,
  type SshServer,
  startSshServer,
} from '../transport/ssh/server.js';
import { LabAccount, type LabAccountOptions } from './account.js';
import { runCommand } from './commands.js';

/**
 * `saysOkChangesNothing`: reports success for every change and makes none. `stopsAnsweringHalfWay`: takes the first change,
 * and says nothing to anybody from then on.
 */
export type LabBehaviour = 'honest' | 'saysOkChangesNothing' | 'stopsAnsweringHalfWay';

export interface LabDeviceOptions {
  readonly accounts: readonly LabAccountOptions[];
  readonly behaviour?: LabBehaviour;
  /** About how long it thinks before each answer to a login. Default 0. */
  readonly latencyMs?: Millis;
  /** Shorter new passwords are refused. Default 8. */
  readonly minPasswordLength?: number;
}

/** A running command of an account. */
interface LabProcess {
  readonly account: string;
  /** By the device's own clock. */
  readonly startedAtSeconds: number;
  readonly end: () => void;
}

/** Devices have not all been switched on today. */
const uptimeBeforeStartSeconds = 86_400;

/**
 * An SSH device in this process: real protocol and real authentication over accounts in memory, and just those commands that
 * relock's `linux` driver sends. It passes that driver's contract suite.
 */
export class LabDevice {
  behaviour: LabBehaviour;
  readonly minPasswordLength: number;
  readonly #accounts = new Map<string, LabAccount>();
  readonly #processes = new Set<LabProcess>();
  readonly #latencyMs: Millis;
  readonly #privateHostKey = generateSshKey('lab').reveal('private_key');
  readonly #startedAtMs = performance.now();
  #server: SshServer | null = null;
  #place = { host: '127.0.0.1', port: 0, hostKey: '' };
  #silent = false;

  private constructor({ accounts, behaviour, latencyMs, minPasswordLength }: LabDeviceOptions) {
    this.behaviour = behaviour ?? 'honest';
    this.minPasswordLength = minPasswordLength ?? 8;
    this.#latencyMs = latencyMs ?? 0;
    for (const account of accounts) this.setAccount(account);
  }

  /** It listens on 127.0.0.1 when this returns. */
  static async start(options: LabDeviceOptions): Promise<LabDevice> {
    const device = new LabDevice(options);
    await device.switchOn();
    return device;
  }

  /** `host:port`, the same for its whole life. */
  get address(): string {
    return `${this.#place.host}:${this.#place.port}`;
  }

  /** `SHA256:…`, for the pin. */
  get hostKey(): string {
    return this.#place.hostKey;
  }

  get uptimeSeconds(): number {
    return uptimeBeforeStartSeconds + (performance.now() - this.#startedAtMs) / 1000;
  }

  account(name: string): LabAccount | null {
    return this.#accounts.get(name) ?? null;
  }

  /** A new account, or the one of that name made anew. */
  setAccount(options: LabAccountOptions): void {
    this.#accounts.set(options.name, new LabAccount(options));
  }

  async switchOn(): Promise<void> {
    const { host, port } = this.#place;
    this.#server = await startSshServer({
      hostKey: this.#privateHostKey,
      methods: ['password', 'publickey'],
      authenticate: (attempt) => this.#authenticate(attempt),
      run: (process) => this.#run(process),
      software: `lab-${randomBytes(2).toString('hex')}`,
      listen: { host, port },
    });
    this.#place = { host, port: this.#server.port, hostKey: this.#server.hostKey };
  }

  /** Nothing listens there until `switchOn`; accounts stay. */
  async switchOff(): Promise<void> {
    await this.#server?.close();
    this.#server = null;
  }

  /** From now on nobody gets an answer. */
  fallSilent(): Promise<never> {
    this.#silent = true;
    return never;
  }

  /** As a device after its repair: it answers, and does what it is told. */
  async repair(): Promise<void> {
    this.behaviour = 'honest';
    this.#silent = false;
    if (this.#server === null) await this.switchOn();
  }

  /** Ends what the account runs since before that uptime. */
  endProcesses(account: string, beforeSeconds: number): void {
    for (const process of this.#processes) {
      if (process.account === account && process.startedAtSeconds < beforeSeconds) process.end();
    }
  }

  async #authenticate(attempt: ServerLoginAttempt): Promise<ServerLoginDecision> {
    if (this.#latencyMs > 0) await pause(randomInt(this.#latencyMs / 2, this.#latencyMs * 1.5));
    if (this.#silent) return 'silence';
    const account = this.account(attempt.account);
    if (account === null || !account.isOpen) return 'reject';
    return opens(account, attempt) ? 'accept' : 'reject';
  }

  async #run(started: ServerProcess): Promise<number> {
    const process = { account: started.account, startedAtSeconds: this.uptimeSeconds, end: started.drop };
    this.#processes.add(process);
    try {
      return await runCommand(this, started);
    } finally {
      this.#processes.delete(process);
    }
  }
}

const never = new Promise<never>(() => undefined);

function opens(account: LabAccount, attempt: ServerLoginAttempt): boolean {
  if (attempt.method === 'password') return account.takesPassword(attempt.password);
  return attempt.method === 'publickey' && account.takesKey(attempt.blob);
}

import { randomUUID } from 'node:crypto';
import { access, link, open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { CallContext } from '../../contracts/context.js';
import { hasCode, makeFolder } from '../../transport/files/durableFile.js';
import { mayBeAlive, ownIdentity, type ProcessIdentity, parseIdentity } from './processIdentity.js';
import { readSmallFile } from './readSmallFile.js';

const pollMs = 5;
const maxLockBytes = 4 * 1024;

/** The lock was not free in time. */
export class LockTimeout extends Error {
  /** null: what is there is no lock that relock wrote. */
  constructor(readonly holder: ProcessIdentity | null) {
    super('the lock was not free in time');
  }
}

/**
 * One writer at a time, over all processes of this host, in a way that survives `kill -9` at any moment.
 *
 * Each turn has a number; its file `<n>` names the holder, and `<n>.free` says that it is over. The highest number
 * counts. Who wants the lock creates `<n+1>` when turn n is over or its holder is dead: creating is atomic, so of many
 * only one succeeds. The highest turn's files are never deleted, hence nobody with an old view can take a number anew
 * without seeing, right after, that there is a higher one.
 */
export class WriteLock {
  readonly #folder: string;
  /** Callers of one process queue here, rather than poll against each other. */
  readonly #queue = pLimit(1);

  constructor(folder: string) {
    this.#folder = folder;
  }

  async run<Result>(context: CallContext, work: () => Promise<Result>): Promise<Result> {
    return this.#queue(async () => {
      const turn = await this.#take(context);
      try {
        return await work();
      } finally {
        await this.#release(turn);
      }
    });
  }

  async #take(context: CallContext): Promise<number> {
    await makeFolder(this.#folder);
    const me = join(this.#folder, `.${randomUUID()}`);
    await writeFile(me, JSON.stringify(await ownIdentity()), { flag: 'wx', mode: 0o600 });
    try {
      for (;;) {
        const last = await this.#lastTurn();
        const holder = await this.#holder(last);
        const turn = holder === 'nobody' ? await this.#claim(me, last + 1) : null;
        if (turn !== null) return turn;
        if (context.signal.aborted || Date.now() >= context.deadline)
          throw new LockTimeout(holder === 'nobody' ? null : holder);
        await sleep(pollMs);
      }
    } finally {
      await rm(me, { force: true });
    }
  }

  /** null: somebody else got it, or it is a number of long ago. */
  async #claim(me: string, turn: number): Promise<number | null> {
    try {
      await link(me, this.#file(turn));
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return null;
      throw error;
    }
    const turns = await this.#turns();
    if (Math.max(...turns) !== turn) {
      await rm(this.#file(turn), { force: true });
      return null;
    }
    await Promise.all(turns.filter((other) => other < turn).map((other) => this.#forget(other)));
    return turn;
  }

  /** null: the file cannot be read, as when its turn has just been forgotten. */
  async #holder(turn: number): Promise<ProcessIdentity | 'nobody' | null> {
    if (turn === 0 || (await this.#isReleased(turn))) return 'nobody';
    const bytes = await readSmallFile(this.#file(turn), maxLockBytes).catch(() => null);
    if (bytes === null) return null;
    // It was complete before it got this name: one that is not has lost its bytes in a power failure.
    const holder = parseIdentity(bytes.toString('utf8'));
    return holder === null || !(await mayBeAlive(holder)) ? 'nobody' : holder;
  }

  async #isReleased(turn: number): Promise<boolean> {
    return access(`${this.#file(turn)}.free`).then(
      () => true,
      () => false,
    );
  }

  async #release(turn: number): Promise<void> {
    await (await open(`${this.#file(turn)}.free`, 'w', 0o600)).close();
  }

  async #forget(turn: number): Promise<void> {
    await rm(this.#file(turn), { force: true });
    await rm(`${this.#file(turn)}.free`, { force: true });
  }

  async #lastTurn(): Promise<number> {
    return Math.max(0, ...(await this.#turns()));
  }

  async #turns(): Promise<readonly number[]> {
    const names = await readdir(this.#folder);
    return names.filter((name) => /^\d{1,15}$/.test(name)).map(Number);
  }

  #file(turn: number): string {
    return join(this.#folder, String(turn));
  }
}

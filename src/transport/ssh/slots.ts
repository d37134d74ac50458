import { interruptible } from './scope.js';

/** OpenSSH drops new connections from the tenth unauthenticated one on, dropbear from the fifth of one address. */
const connectionsPerHost = 4;

interface Host {
  taken: number;
  readonly waiting: Set<() => void>;
}

const hosts = new Map<string, Host>();

function hostOf(key: string): Host {
  const found = hosts.get(key) ?? { taken: 0, waiting: new Set() };
  hosts.set(key, found);
  return found;
}

function release(key: string, host: Host): void {
  const [next] = host.waiting;
  if (next !== undefined) {
    host.waiting.delete(next);
    next();
    return;
  }
  host.taken -= 1;
  if (host.taken === 0) hosts.delete(key);
}

function releaseOnce(key: string, host: Host): () => void {
  let held = true;
  return () => {
    if (held) release(key, host);
    held = false;
  };
}

/** A turn to hold one connection to that host, in order of asking. Call what it returns when the connection is gone. */
export async function takeSlot(key: string, signal: AbortSignal): Promise<() => void> {
  const host = hostOf(key);
  if (host.taken < connectionsPerHost) {
    host.taken += 1;
    return releaseOnce(key, host);
  }
  let turn: () => void = () => undefined;
  try {
    await interruptible<void>(signal, (resolve) => {
      turn = () => resolve();
      host.waiting.add(turn);
    });
  } catch (error) {
    host.waiting.delete(turn);
    throw error;
  }
  return releaseOnce(key, host);
}

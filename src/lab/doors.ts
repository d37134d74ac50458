import type { Millis } from '../model/time.js';
import { logIn } from '../transport/ssh/connect.js';
import { parseHostPort } from '../transport/ssh/endpoint.js';
import type { DemoLab, KnownSecret } from './demoLab.js';

/** One login: a secret at one device that is to accept it. */
export interface Door {
  readonly credential: string;
  readonly target: string;
  readonly answer: 'open' | 'refused' | 'noAnswer';
}

const answers = {
  accepted: 'open',
  expired: 'open',
  rejected: 'refused',
  barred: 'refused',
  unknown: 'noAnswer',
} as const;

/** Long enough for a lab device, short enough for one that never answers. */
const patienceMs: Millis = 4_000;

/** Logs in with each secret at every device of its credential: plain SSH, no record, nothing of what rotations know. */
export async function tryDoors(
  lab: DemoLab,
  known: readonly KnownSecret[],
  signal: AbortSignal,
): Promise<readonly Door[]> {
  const doors: Promise<Door>[] = [];
  for (const { credential, secret } of known) {
    for (const target of credential.targets) {
      const login = { account: credential.account, secret };
      doors.push(tryDoor(lab, target, login, signal).then((answer) => ({ credential: credential.id, target, answer })));
    }
  }
  return Promise.all(doors);
}

async function tryDoor(
  lab: DemoLab,
  target: string,
  login: Parameters<typeof logIn>[1],
  signal: AbortSignal,
): Promise<Door['answer']> {
  const device = lab.devices.get(target);
  const place = parseHostPort(device?.address ?? '');
  if (device === undefined || place === null) return 'noAnswer';
  const address = { ...place, hostKey: device.hostKey, algorithms: 'default', jump: null } as const;
  const endpoint = { driver: 'lab', subject: target, address };
  // A signal of its own: Node warns of many listeners on one.
  const call = { signal: AbortSignal.any([signal]), deadline: Date.now() + patienceMs };
  const answer = await logIn(endpoint, login, call);
  if (answer.answer === 'accepted') answer.session.close();
  return answers[answer.answer];
}

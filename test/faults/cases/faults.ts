import type { Passage } from '../../harness/proxiedConnection.js';
import type { Line } from '../estate.js';

/** What a fault is made of: the wire, a process, or an event of the estate by its name. */
export type Fault =
  | { readonly on: 'wire'; readonly passage: Passage }
  | { readonly on: 'line'; readonly forMs: number }
  | { readonly on: 'worker'; readonly passage: Passage }
  | { readonly on: 'workflow' }
  | { readonly on: 'temporal' }
  | { readonly on: 'servers'; readonly event: string };

interface Known {
  readonly fault: Fault;
  readonly meaning: string;
  /** Default: every line. */
  readonly on?: (line: Line) => boolean;
}

const isHttpTarget = (line: Line) => line.speaks === 'http' && line.id.startsWith('target');

/** Faults that every estate can have, as docs/faults.md names them. */
export const commonFaults: Readonly<Record<string, Known>> = {
  'before the effect': {
    fault: { on: 'wire', passage: 'cutBefore' },
    meaning: 'the connection is reset before a byte of the request passes',
  },
  'after the effect': {
    fault: { on: 'wire', passage: 'cutReply' },
    meaning: 'the request is carried out; half of the answer comes back, then the connection is reset',
  },
  'reply lost': {
    fault: { on: 'wire', passage: 'loseReply' },
    meaning: 'the request is carried out; nothing of the answer comes back, the connection is reset',
  },
  'cut in the middle': {
    fault: { on: 'wire', passage: 'cutInside' },
    meaning: 'half of the bytes of the request pass, then the connection ends on both sides',
  },
  'hang, nothing sent': {
    fault: { on: 'wire', passage: 'hangBefore' },
    meaning: 'nothing passes and nothing is heard until the caller gives up',
  },
  'hang, no reply': {
    fault: { on: 'wire', passage: 'hangAfter' },
    meaning: 'the request is carried out; nothing is heard until the caller gives up',
  },
  'arrives late': {
    fault: { on: 'wire', passage: 'late' },
    meaning: 'the request arrives after the caller has given up, within the time that its driver declares for that',
  },
  'line down': {
    fault: { on: 'line', forMs: 12_000 },
    meaning: 'from this request on nobody listens there, for 12 s',
  },
  'ok, and nothing done': {
    fault: { on: 'wire', passage: 'pretend' },
    meaning: 'the target answers 204 and has not seen the request (targets that speak HTTP)',
    on: isHttpTarget,
  },
  'worker killed': {
    fault: { on: 'worker', passage: 'cutBefore' },
    meaning: 'SIGKILL to the worker before the request leaves; another one starts',
  },
  'worker killed, request arrives': {
    fault: { on: 'worker', passage: 'loseReply' },
    meaning: 'SIGKILL to the worker; the request is carried out, and nobody hears of it; another worker starts',
  },
  'workflow cancelled': { fault: { on: 'workflow' }, meaning: 'the rotation is cancelled at this request' },
  'Temporal killed': {
    fault: { on: 'temporal' },
    meaning: "SIGKILL to Temporal's server, which starts again on its file",
  },
};

// Generated from the folders here by `npm run generate`; do not edit.
import type { Register } from '../command.js';
import { register as check } from './check.js';
import { register as codec } from './codec.js';
import { register as credentials } from './credentials.js';
import { register as demo } from './demo.js';
import { register as dev } from './dev.js';
import { register as incident } from './incident.js';
import { register as init } from './init.js';
import { register as pin } from './pin.js';
import { register as recover } from './recover.js';
import { register as reinstate } from './reinstate.js';
import { register as rotate } from './rotate.js';
import { register as schedule } from './schedule.js';
import { register as worker } from './worker.js';

export const commands: readonly Register[] = [
  check,
  codec,
  credentials,
  demo,
  dev,
  incident,
  init,
  pin,
  recover,
  reinstate,
  rotate,
  schedule,
  worker,
];

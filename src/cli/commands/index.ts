// Generated from the folders here by `npm run generate`; do not edit.
import type { Register } from '../command.js';
import { register as check } from './check.js';
import { register as credentials } from './credentials.js';
import { register as init } from './init.js';
import { register as pin } from './pin.js';

export const commands: readonly Register[] = [check, credentials, init, pin];

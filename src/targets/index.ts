// Generated from the folders here by `npm run generate`; do not edit.
import type { TargetType } from '../contracts/registration.js';
import { targetType as frr } from './frr/driver.js';
import { targetType as linux } from './linux/driver.js';
import { targetType as openbao } from './openbao/driver.js';
import { targetType as postgresql } from './postgresql/driver.js';

export const targetTypes: readonly TargetType[] = [frr, linux, openbao, postgresql];

import { faultsDocument } from '../../../test/faults/report/document.js';
import { readRecorded } from '../../../test/faults/report/recorded.js';
import type { Generated } from '../../generate.js';

/** docs/faults.md: what the last fault campaign saw. */
export function generate(): readonly Generated[] {
  return [{ path: 'docs/faults.md', text: faultsDocument(readRecorded()) }];
}

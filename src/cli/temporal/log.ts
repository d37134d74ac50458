import { pino } from 'pino';
import { installTemporalLog } from '../../temporalLog.js';
import { UsageError } from '../failures.js';

const levels = ['trace', 'debug', 'info', 'warn', 'error'];

/** JSON lines on stderr: stdout is for answers. */
export function startLog(level: string): void {
  if (!levels.includes(level))
    throw new UsageError(`no log level "${level}"; nothing was started. Levels: ${levels.join(', ')}`);
  installTemporalLog(pino({ level, base: null }, pino.destination({ dest: 2, sync: true })));
}

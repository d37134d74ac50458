import { type Logger, pino } from 'pino';
import { installTemporalLog } from '../../temporalLog.js';
import { UsageError } from '../failures.js';

const levels = ['trace', 'debug', 'info', 'warn', 'error'];

/** JSON lines on stderr: stdout is for answers. `metricsAddress`: where the Temporal SDK shows its own metrics. */
export function startLog(level: string, metricsAddress?: string): Logger {
  if (!levels.includes(level))
    throw new UsageError(`no log level "${level}"; nothing was started. Levels: ${levels.join(', ')}`);
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  installTemporalLog(log, metricsAddress);
  return log;
}

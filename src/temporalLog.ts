import { ApplicationFailure, type Logger, type LogLevel, type LogMetadata } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import type { Logger as PinoLogger } from 'pino';

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** As Prometheus names things. */
const inSeconds = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true } as const;

let installed = false;

/**
 * What the Temporal SDK says goes to this log. The first call of a process decides; workers share one runtime. Signals stay
 * with the command line, which ends workers and servers in the right order. With `metricsAddress` (`host:port`) the SDK's
 * own metrics are served there.
 */
export function installTemporalLog(log: PinoLogger, metricsAddress?: string): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new TemporalLog(log),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(metricsAddress !== undefined && { metrics: { prometheus: { bindAddress: metricsAddress, ...inSeconds } } }),
    },
  });
}

/** Errors are cut down to type and text: their causes and stacks are other people's. */
class TemporalLog implements Logger {
  readonly #log: PinoLogger;

  constructor(log: PinoLogger) {
    this.#log = log;
  }

  log(level: LogLevel, message: string, meta: LogMetadata = {}): void {
    this.#log[levels[level]](plain(meta), message);
  }
  trace(message: string, meta?: LogMetadata): void {
    this.log('TRACE', message, meta);
  }
  debug(message: string, meta?: LogMetadata): void {
    this.log('DEBUG', message, meta);
  }
  info(message: string, meta?: LogMetadata): void {
    this.log('INFO', message, meta);
  }
  warn(message: string, meta?: LogMetadata): void {
    this.log('WARN', message, meta);
  }
  error(message: string, meta?: LogMetadata): void {
    this.log('ERROR', message, meta);
  }
}

function plain(meta: LogMetadata): Record<string, unknown> {
  return Object.fromEntries(Object.entries(meta).flatMap(([key, value]) => plainEntry(key, value)));
}

function plainEntry(key: string, value: unknown): [string, unknown][] {
  if (key === 'taskToken') return [];
  if (value instanceof ApplicationFailure) return [[key, { type: value.type, message: value.message }]];
  if (value instanceof Error) return [[key, { type: value.constructor.name }]];
  if (Array.isArray(value)) return [[key, value.filter((item) => typeof item === 'string')]];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[key, value]] : [];
}

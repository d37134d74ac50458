import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, for the message. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly intervalMs?: number;
}

/**
 * Repeats an attempt until it gives something other than `undefined`; a throwing attempt counts as `undefined`.
 * Throws after `timeoutMs`, with what the last attempt threw in the message.
 */
export async function waitUntil<T>(attempt: () => Promise<T | undefined>, options: WaitOptions): Promise<T> {
  const { what, timeoutMs, intervalMs = 25 } = options;
  const deadlineMs = Date.now() + timeoutMs;
  let reason = '';
  do {
    try {
      const result = await attempt();
      if (result !== undefined) return result;
    } catch (error) {
      reason = error instanceof Error ? `: ${error.message}` : '';
    }
    await delay(intervalMs);
  } while (Date.now() < deadlineMs);
  throw new Error(`${what} took longer than ${timeoutMs} ms${reason}`);
}

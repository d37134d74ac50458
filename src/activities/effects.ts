import { DriverError, type Effect } from '../model/errors.js';

/** Whatever a vault answers here, the target has not been told anything yet: the effect there is none. */
export function atVault<Value>(call: () => Promise<Value>): Promise<Value> {
  return withEffect('none', call);
}

/** What the whole step is for has happened already: whatever goes wrong now, nobody may take it for undone. */
export function afterEffect<Value>(call: () => Promise<Value>): Promise<Value> {
  return withEffect('unknown', call);
}

async function withEffect<Value>(effect: Effect, call: () => Promise<Value>): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof DriverError) || error.effect === effect) throw error;
    const { code, driver, subject, message } = error;
    throw new DriverError({ code, effect, driver, subject, message });
  }
}

import type { LabAccount } from './account.js';
import type { LabDevice } from './device.js';
import { exitCodes } from './exitCodes.js';
import type { InputReader } from './inputReader.js';

/** What one script of the driver's works with on a device. */
export interface Operation {
  readonly device: LabDevice;
  readonly account: LabAccount;
  readonly args: readonly string[];
  readonly input: InputReader;
  /** Says that it is ready, and waits for the line after which its own input comes; false: that never came. */
  begin(...words: readonly string[]): Promise<boolean>;
  /** Every character is one byte. */
  print(text: string): void;
}

/** Gives the exit code. */
export type RunOperation = (operation: Operation) => Promise<number>;

/** Makes a change in the device's own manner. */
export async function change(device: LabDevice, make: () => void): Promise<number> {
  if (device.behaviour !== 'saysOkChangesNothing') make();
  if (device.behaviour === 'stopsAnsweringHalfWay') return device.fallSilent();
  return exitCodes.done;
}

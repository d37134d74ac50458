import { describe } from 'vitest';
import { MemoryTargetDriver } from '../../../src/targets/memory/driver.js';
import { describeTargetDriver } from '../../contract/targetDriver.suite.js';
import { harnessOf, variants } from './memory.harness.js';

describe.each(variants)('memory: $name', ({ name, by, capabilities }) => {
  describeTargetDriver(name, capabilities, () =>
    harnessOf(capabilities, by, (device) => new MemoryTargetDriver(device)),
  );
});

import { describe, expect, it } from 'vitest';
import { withKeySet } from '../../src/config/yamlEdit.js';

const set = (text: string) => withKeySet(text, ['targets', 'h'], 'hostKey', 'SHA256:new');

describe('a key is set in relock.yaml, and every other character stays', () => {
  it.each([
    [
      'in a flow map',
      'targets:\n  h: { type: linux, address: "a:1", zone: z } # end\n',
      'targets:\n  h: { type: linux, address: "a:1", hostKey: "SHA256:new", zone: z } # end\n',
    ],
    [
      'in a flow map that ends with the address',
      'targets: { h: { type: linux, address: "a:1" } }',
      'targets: { h: { type: linux, hostKey: "SHA256:new", address: "a:1" } }',
    ],
    [
      'in a block map',
      'targets:\n  h:\n    type: linux # old\n    address: a:1 # here\n    # why\n    zone: z\nx: 1\n',
      'targets:\n  h:\n    type: linux # old\n    address: a:1 # here\n    # why\n    hostKey: "SHA256:new"\n    zone: z\nx: 1\n',
    ],
    [
      'in place of another value',
      'targets:\n  h:\n    hostKey: "SHA256:old" # first\n    address: a:1\n',
      'targets:\n  h:\n    hostKey: "SHA256:new" # first\n    address: a:1\n',
    ],
    [
      'in place of none',
      'targets:\n  h:\n    hostKey:\n    address: a:1\n',
      'targets:\n  h:\n    hostKey: "SHA256:new"\n    address: a:1\n',
    ],
    [
      'in JSON',
      '{"targets":{"h":{"type":"linux","address":"a:1"}}}',
      '{"targets":{"h":{"type":"linux","hostKey": "SHA256:new", "address":"a:1"}}}',
    ],
  ])('%s', (_, before, after) => {
    expect(set(before)).toBe(after);
  });

  it.each([
    ['an entry that is not there', 'targets: {}'],
    ['an entry that is an alias', 'a: &a { type: linux, address: x }\ntargets: { h: *a }'],
    ['an entry that is not a map', 'targets: { h: 3 }'],
  ])('%s is left alone', (_, text) => {
    expect(set(text)).toBeNull();
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { RelockMetrics } from '../../src/metrics/relockMetrics.js';
import { endStateNames } from '../../src/model/endStates.js';
import { errorCodes } from '../../src/model/errors.js';

const rules = z
  .object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({
            alert: z.string(),
            expr: z.string(),
            annotations: z.object({ summary: z.string(), runbook: z.string() }),
          }),
        ),
      }),
    ),
  })
  .parse(parse(read('deploy/alerts.yml')))
  .groups.flatMap((group) => group.rules);

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

describe('the alerts', () => {
  it.each(rules)('$alert tells what to do, in docs/operations.md', ({ alert, annotations }) => {
    expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    expect(read('docs/operations.md')).toContain(`\n### ${alert}\n`);
  });

  it('ask only for what is counted', async () => {
    const counted = await new RelockMetrics().registry.metrics();
    const names = rules.flatMap(({ expr }) => expr.match(/relock_[a-z_]+/g) ?? []);
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) expect(counted).toContain(`# TYPE ${name} `);
  });

  it('ask only for states and codes that there are', () => {
    const asked = (label: string) =>
      rules.flatMap(({ expr }) =>
        [
          ...expr.matchAll(
            new RegExp(`relock_(?:rotations_ended_total|call_errors_total)\\{[^}]*${label}=~?"([^"]*)"`, 'g'),
          ),
        ].flatMap(([, values = '']) => values.split('|')),
      );
    expect(endStateNames).toEqual(expect.arrayContaining(asked('state')));
    expect(Object.keys(errorCodes)).toEqual(expect.arrayContaining(asked('code')));
    expect(asked('code').length).toBeGreaterThan(3);
  });
});

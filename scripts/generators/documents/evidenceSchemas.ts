import { z } from 'zod';
import { incidentReportSchema } from '../../../src/evidence/reportSchema.js';
import { evidenceSchema } from '../../../src/evidence/schema.js';
import type { Generated } from '../../generate.js';

/** schema/: what an auditor's own tools may rely on. */
export function generate(): readonly Generated[] {
  return [
    file('evidence', 'Evidence of one rotation', evidenceSchema),
    file('incident-report', 'Closing report of an incident', incidentReportSchema),
  ];
}

function file(name: string, title: string, schema: z.ZodType): Generated {
  const { $schema, ...rest } = z.toJSONSchema(schema);
  return { path: `schema/${name}.schema.json`, text: JSON.stringify({ $schema, title, ...rest }, null, 2) };
}

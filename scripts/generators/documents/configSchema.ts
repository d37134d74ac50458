import { z } from 'zod';
import { productRegistries } from '../../../src/config/productRegistries.js';
import {
  approvalsSchema,
  codecSchema,
  credentialSchema,
  frameSchema,
  targetFrameSchema,
  timingSchema,
  wavesSchema,
} from '../../../src/config/schema.js';
import type { Generated } from '../../generate.js';

/** schema/relock.schema.json: editors complete and check relock.yaml with it. */
export function generate(): readonly Generated[] {
  const { targets, vaults, artifacts } = productRegistries;
  const frame = jsonOf(frameSchema);
  const properties = {
    ...recordOf(frame.properties),
    vaults: {
      type: 'object',
      additionalProperties: oneOf(
        vaults.flatMap(({ names, settings }) => names.map((name) => tagged('driver', name, settings))),
      ),
    },
    artifacts: oneOf(artifacts.map(({ name, settings }) => tagged('driver', name, settings))),
    approvals: jsonOf(approvalsSchema),
    codec: jsonOf(codecSchema),
    waves: jsonOf(wavesSchema),
    timing: jsonOf(timingSchema),
    targets: {
      type: 'object',
      additionalProperties: oneOf(
        targets.map(({ type, settings }) => tagged('type', type, settings, targetFrameSchema)),
      ),
    },
    credentials: { type: 'array', items: jsonOf(credentialSchema) },
  };
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'relock.yaml',
    ...frame,
    properties,
    required: ['vaults', 'artifacts'],
  };
  return [{ path: 'schema/relock.schema.json', text: JSON.stringify(schema, null, 2) }];
}

/** A driver's settings with the key that names the driver, and relock's own keys. */
function tagged(key: string, name: string, settings: z.ZodType, frame?: z.ZodType) {
  const own = jsonOf(settings);
  const around = frame === undefined ? {} : jsonOf(frame);
  return {
    ...own,
    properties: { [key]: { const: name }, ...recordOf(around.properties), ...recordOf(own.properties) },
    required: [key, ...(Array.isArray(own.required) ? own.required : [])],
    additionalProperties: false,
  };
}

function oneOf<Schema>(schemas: readonly Schema[]) {
  return { oneOf: schemas };
}

function jsonOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' });
  return json;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

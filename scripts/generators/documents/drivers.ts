import { stringify } from 'yaml';
import type { z } from 'zod';
import { productRegistries } from '../../../src/config/productRegistries.js';
import { type Shape, shapeOf } from '../../../src/config/settingsShape.js';
import type { TargetType, VaultType } from '../../../src/contracts/registration.js';
import type { Capabilities } from '../../../src/model/capabilities.js';
import { isKind } from '../../../src/model/kinds.js';
import type { Generated } from '../../generate.js';

/** docs/drivers.md: what relock.yaml may say of each driver, and what each can do. */
export function generate(): readonly Generated[] {
  const { targets, vaults, artifacts } = productRegistries;
  const parts = [
    '# Drivers',
    'Generated from the code by `npm run generate`; do not edit. How the pieces fit: [configuration.md](configuration.md).',
    '## Targets',
    ...targets.map(targetPart),
    '## Vaults',
    ...vaults.map(storePart),
    '## Artifact stores',
    ...artifacts.map((type) => storePart({ ...type, names: [type.name] })),
  ];
  return [{ path: 'docs/drivers.md', text: `${parts.join('\n\n')}\n` }];
}

function targetPart(type: TargetType): string {
  const head = [`### \`type: ${type.type}\``, exampleOf('type', type.type, type.example), settingsTable(type.settings)];
  if (type.pin !== undefined) head.push(`\`relock pin\` shows what belongs into \`${type.pin.setting}\`.`);
  return [...head, 'Credential kinds, with the settings of the example:', capabilitiesTable(type)].join('\n\n');
}

type Store = Pick<VaultType, 'names' | 'settings' | 'example' | 'singleHost'>;

function storePart({ names, settings, example, singleHost }: Store): string {
  const reach = singleHost ? 'Reached from one host only: not together with zones.' : 'Reached over the network.';
  return [
    `### \`driver: ${names.join('` or `')}\``,
    exampleOf('driver', names[0] ?? '', example),
    reach,
    settingsTable(settings),
  ].join('\n\n');
}

function settingsTable(schema: z.ZodType): string {
  const rows = settingRows(shapeOf(schema), '', true);
  if (rows.length === 0) return 'No settings.';
  return table(['setting', 'form', 'meaning'], rows);
}

/** One row for each setting; those of maps and of their variants are named with a dot. */
function settingRows(shape: Shape, prefix: string, needed: boolean): string[][] {
  const variants = [...(shape.anyOf ?? []), ...(shape.oneOf ?? [])].filter(
    (variant) => variant.properties !== undefined,
  );
  const own = Object.entries(shape.properties ?? {}).flatMap(([key, inner]) => {
    const required = needed && (shape.required ?? []).includes(key);
    const name = prefix + key;
    const nested = settingRows(inner, `${name}.`, required);
    return [[`\`${name}\``, formOf(inner, required), inner.description ?? ''], ...nested];
  });
  const rows = [...own, ...variants.flatMap((variant) => settingRows(variant, prefix, needed))];
  return rows.filter((row, index) => rows.findIndex(([name, form]) => name === row[0] && form === row[1]) === index);
}

function formOf(shape: Shape, required: boolean): string {
  const choices = shape.const === undefined ? shape.enum : [shape.const];
  const type = choices === undefined ? typeOf(shape) : choices.map((choice) => `\`${String(choice)}\``).join(' or ');
  if (shape.default !== undefined) return `${type}; default ${defaultText(shape.default)}`;
  return required ? `${type}; required` : type;
}

function defaultText(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'as below' : `\`${String(value)}\``;
}

function typeOf(shape: Shape): string {
  if (shape.readableFile === true) return 'path of a file';
  if (typeof shape.type === 'string') return shape.type === 'object' ? 'map' : shape.type;
  const variants = [...(shape.anyOf ?? []), ...(shape.oneOf ?? [])].map(typeOf);
  return [...new Set(variants)].join(' or ');
}

/** Capabilities may depend on settings; shown are those of the example. */
function capabilitiesTable(type: TargetType): string {
  const kinds = Object.keys(type.kinds).filter(isKind);
  const columns = kinds.map((kind) => type.kinds[kind]?.capabilities(type.settings.parse(type.example)));
  const names: readonly (keyof Capabilities)[] = columns[0] === undefined ? [] : keysOf(columns[0]);
  const rows = names.map((name) => [name, ...columns.map((column) => capabilityText(column?.[name]))]);
  return table(['', ...kinds], rows);
}

function keysOf(capabilities: Capabilities): readonly (keyof Capabilities)[] {
  return [
    'makers',
    'selfChange',
    'overlap',
    'oldDies',
    'undo',
    'suspends',
    'endsSessions',
    'confirms',
    'timedCommitMs',
    'enumerates',
    'settleMs',
    'lockoutThreshold',
  ].filter((name): name is keyof Capabilities => name in capabilities);
}

function capabilityText(value: unknown): string {
  if (value === true) return 'yes';
  if (value === false || value === null) return 'no';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function exampleOf(key: string, name: string, example: unknown): string {
  const entry = typeof example === 'object' ? { [key]: name, ...example } : { [key]: name };
  return `\`\`\`yaml\n${stringify(entry, { collectionStyle: 'flow', lineWidth: 0 }).trim()}\n\`\`\``;
}

function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(headers), line(headers.map(() => '---')), ...rows.map(line)].join('\n');
}

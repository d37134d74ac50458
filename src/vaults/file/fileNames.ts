import { join } from 'node:path';
import type { Place } from '../../ledger/documentStore.js';

/** relock's own folder in the vault's folder. */
export const ownFolder = '.relock';
const suffix = '.age';
/** Names in the folders that mean something else than a folder of secrets. */
const takenBySuffix = /\.(age|tmp)$/;

/** The folder that holds all documents of a place. */
export function placeFolder(root: string, place: Place): string {
  return place === 'readers' ? root : join(root, ownFolder, 'documents');
}

/** `itron/headend-svc` → `itron/headend-svc.age`: names stay as they are, but for the few that would mean something else. */
export function fileOf(root: string, place: Place, path: string): string {
  const segments = path.split('/');
  const folders = segments.slice(0, -1).map(encodeFolder);
  return join(placeFolder(root, place), ...folders, `${encodeName(segments.at(-1) ?? '')}${suffix}`);
}

/** Where a new content is written before it takes the file's name. */
export function temporaryOf(file: string): string {
  return `${file}.tmp`;
}

export type FoundName =
  | { readonly kind: 'secret' | 'folder'; readonly name: string }
  /** relock would never give it this name, so it could not find it under that. */
  | { readonly kind: 'misnamed'; readonly expected: string }
  | { readonly kind: 'other' };

/** What an entry of a folder is, by its name. */
export function readName(entry: string, isFolder: boolean): FoundName {
  if (entry.startsWith('.') || (!isFolder && !entry.endsWith(suffix))) return { kind: 'other' };
  const name = decode(isFolder ? entry : entry.slice(0, -suffix.length));
  const expected = isFolder ? encodeFolder(name) : `${encodeName(name)}${suffix}`;
  if (expected !== entry) return { kind: 'misnamed', expected };
  return { kind: isFolder ? 'folder' : 'secret', name };
}

function encodeName(segment: string): string {
  return segment.replaceAll('%', '%25').replace(/^\./, '%2E');
}

function encodeFolder(segment: string): string {
  return encodeName(segment).replace(takenBySuffix, '%2E$1');
}

function decode(name: string): string {
  return name.replace(/%(25|2E)/g, (_, code) => (code === '25' ? '%' : '.'));
}

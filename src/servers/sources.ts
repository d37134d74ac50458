import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cachedProgram } from './cache.js';
import type { ServerDeclaration, Source } from './catalogue.js';
import { installDebianPackages } from './debian.js';
import { installPip } from './pip.js';
import { downloadByTemporalSdk } from './temporalSdkDownload.js';
import { installWheel } from './wheel.js';

/** A server found: one that runs already, or a program that can be started. */
export type Found = { readonly address: string } | { readonly path: string };

/** Tries one source. Throws an Error with one line saying why there is nothing. */
export async function trySource(server: ServerDeclaration, source: Source): Promise<Found> {
  switch (source.kind) {
    case 'address':
      return { address: addressFrom(source.variable) };
    case 'path':
      return { path: await programOnPath(server.program, server.folders) };
    case 'cache':
      return { path: await programInCache(slotOf(server), server.program) };
    case 'temporalSdk':
      return { path: await downloadByTemporalSdk(slotOf(server), server.program, source.version) };
    case 'wheel':
      return { path: await installWheel(slotOf(server), server.program, source) };
    case 'pip':
      return { path: await installPip(slotOf(server), server.program, source) };
    case 'debian':
      await installDebianPackages(source.packages);
      return { path: await programOnPath(server.program, server.folders) };
  }
}

/** The source's name in a sentence. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'address':
      return source.variable;
    case 'path':
      return 'PATH';
    case 'cache':
      return "relock's cache";
    case 'temporalSdk':
      return `the Temporal SDK's download of CLI ${source.version}`;
    case 'wheel':
      return `the PyPI wheel ${source.project} ${source.version}`;
    case 'pip':
      return `the PyPI project ${source.project} ${source.version}`;
    case 'debian':
      return `the Debian package ${source.packages.join(', ')}`;
  }
}

export async function programOnPath(program: string, folders: readonly string[] = []): Promise<string> {
  const searched = [...(process.env.PATH ?? '').split(delimiter), ...folders].filter((folder) => folder !== '');
  for (const folder of searched) {
    const candidate = join(folder, program);
    if (await isExecutable(candidate)) return candidate;
  }
  throw new Error(`"${program}" is not on PATH`);
}

async function programInCache(slot: string, program: string): Promise<string> {
  const candidate = cachedProgram(slot, program);
  if (await isExecutable(candidate)) return candidate;
  throw new Error(`${candidate} is not there`);
}

function addressFrom(variable: string): string {
  const address = process.env[variable];
  if (!address) throw new Error(`${variable} is not set`);
  return address;
}

function slotOf(server: ServerDeclaration): string {
  if (server.slot === undefined) throw new Error(`${server.program} has no place in relock's cache`);
  return server.slot;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

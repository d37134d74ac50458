import { type Say, type ServerName, type Source, servers } from './catalogue.js';
import { describeSource, type Found, trySource } from './sources.js';

/**
 * Finds a server, or gets it: the first of its declared sources that has it. Says one line for each source that has not.
 * Throws one Error, listing what was tried and what to install, when none has.
 */
export async function findServer(name: ServerName, say: Say): Promise<Found> {
  return firstOf(name, servers[name].sources, say);
}

/** As `findServer`, but only a program that can be started here: an address in the environment does not count. */
export async function findProgram(name: ServerName, say: Say): Promise<string> {
  const sources: readonly Source[] = servers[name].sources;
  const found = await firstOf(
    name,
    sources.filter((source) => source.kind !== 'address'),
    say,
  );
  if ('path' in found) return found.path;
  throw new Error(`${name}: expected a program, found the address ${found.address}`);
}

async function firstOf(name: ServerName, sources: readonly Source[], say: Say): Promise<Found> {
  const failures: string[] = [];
  for (const [index, source] of sources.entries()) {
    try {
      return await trySource(servers[name], source);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'failed for an unknown reason';
      failures.push(`${describeSource(source)}: ${reason}`);
      const next = sources[index + 1];
      say(`${name}: ${reason}; ${next ? `next: ${describeSource(next)}` : 'no other source is left'}`);
    }
  }
  throw new Error(notFound(name, failures));
}

function notFound(name: ServerName, failures: readonly string[]): string {
  const tried = failures.map((failure) => `  - ${failure}`).join('\n');
  return `${name} is not here and could not be fetched; nothing was started. Tried:\n${tried}\nWhat to do: ${servers[name].advice}.`;
}

import { idKeyFile, makeKeyFile } from '../../codec/keyFile.js';
import { workflowIdsOf } from '../../codec/opaqueIds.js';
import { idProblem } from '../../model/identifiers.js';
import type { WorkflowIds } from '../../model/workflowIds.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError, UsageError } from '../failures.js';
import { incidentId } from '../incident/names.js';
import { scheduledGroup } from '../schedule/chosenSchedule.js';

/** Makes the key of ids, once: a second one would call every workflow otherwise. */
export async function newIdKey(context: CommandContext): Promise<Outcome> {
  const { opaqueIdsFile: file } = await context.estate();
  if (file === null)
    throw new UsageError(
      'relock.yaml names no file for the key of ids; nothing was made. Name one, such as codec: { opaqueIds: .relock/ids.key }',
    );
  if (!makeKeyFile(file, context.now(), idKeyFile))
    throw new CommandError(
      `${file} is there already; nothing was changed. Another key would give every workflow another id: use this one, everywhere`,
      'badInput',
    );
  context.out.result({ file }, [
    `made ${file}: with this key relock makes ids in Temporal that tell no name`,
    'next: give the same file to every worker and client, once and for all; docs/configuration.md says how to begin',
  ]);
  return 'done';
}

export type IdKind = 'rotate' | 'incident' | 'due';

/** The id to search for in the Temporal UI. */
export async function showId(context: CommandContext, kind: IdKind, name: string): Promise<Outcome> {
  const id = idFor(workflowIdsOf(await context.estate()), kind, name);
  context.out.result({ kind, name, id }, [id]);
  return 'done';
}

function idFor(ids: WorkflowIds, kind: IdKind, name: string): string {
  switch (kind) {
    case 'rotate':
      return ids.rotation(credentialId(name.replace(/^rotate\//, '')));
    case 'incident':
      return ids.incident(incidentId(name));
    case 'due':
      return ids.due(scheduledGroup(name));
  }
}

function credentialId(name: string): string {
  const problem = idProblem(name);
  if (problem === null) return name;
  throw new UsageError(`"${name}" is no id of a credential: ${problem}. relock credentials lists them`);
}

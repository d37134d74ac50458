import type { Connection } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

/** Something that Temporal keeps in clear, and where: the names of the fields on the way to it. */
export interface ClearText {
  readonly at: string;
  readonly text: string;
}

/** How a payload is marked that relock encrypted. */
const sealed = 'binary/relock-aes-256-gcm-v1';

type Server = Pick<Connection, 'workflowService'>;

/** Everything that a server tells about this namespace to whoever has no key: histories, visibility, schedules, queues. */
export async function clearTextsOf(
  server: Server,
  namespace: string,
  queues: readonly string[],
): Promise<readonly ClearText[]> {
  const { workflowService } = server;
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, pageSize: 1_000 });
  const { schedules } = await workflowService.listSchedules({ namespace, maximumPageSize: 100 });
  const found = [...clearTexts('visibility', executions), ...clearTexts('schedules', schedules)];
  for (const { execution } of executions ?? [])
    found.push(...(await clearOfRun(server, { namespace, execution: execution ?? null })));
  for (const { scheduleId = null } of schedules ?? []) {
    const described = await workflowService.describeSchedule({ namespace, scheduleId });
    // Random bytes by which two writers are told apart.
    found.push(...clearTexts('schedule', { ...described, conflictToken: null }));
  }
  for (const name of queues)
    for (const taskQueueType of [1, 2]) {
      const described = await workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType });
      found.push(...clearTexts('queue', described));
    }
  return found;
}

type Run = Parameters<Connection['workflowService']['describeWorkflowExecution']>[0];

async function clearOfRun({ workflowService }: Server, run: Run): Promise<readonly ClearText[]> {
  const found = [...clearTexts('described', await workflowService.describeWorkflowExecution(run))];
  let nextPageToken: Uint8Array | null = null;
  do {
    const { history, nextPageToken: next }: Awaited<ReturnType<typeof historyPage>> = await historyPage(
      { workflowService },
      { ...run, nextPageToken },
    );
    found.push(...clearTexts('history', history?.events));
    nextPageToken = next ?? null;
  } while (nextPageToken !== null && nextPageToken.length > 0);
  return found;
}

type Asked = Parameters<Connection['workflowService']['getWorkflowExecutionHistory']>[0];

function historyPage({ workflowService }: Server, asked: Asked) {
  return workflowService.getWorkflowExecutionHistory(asked);
}

/** Texts and bytes below a value, payloads that relock encrypted left out. */
export function clearTexts(at: string, value: unknown): readonly ClearText[] {
  if (typeof value === 'string') return value === '' ? [] : [{ at, text: value }];
  if (value instanceof Uint8Array) return value.length === 0 ? [] : [{ at, text: Buffer.from(value).toString('utf8') }];
  if (typeof value !== 'object' || value === null) return [];
  if (isPayload(value)) return clearOfPayload(at, value);
  if (Array.isArray(value)) return value.flatMap((inner) => clearTexts(at, inner));
  return Object.entries(value).flatMap(([key, inner]) => [...nameOf(at, key), ...clearTexts(`${at}.${key}`, inner)]);
}

/** Where the keys of a map are somebody's words, they are texts too. */
function nameOf(at: string, key: string): readonly ClearText[] {
  return /\.(fields|indexedFields)$/.test(at) ? [{ at: `${at} (key)`, text: key }] : [];
}

function isPayload(value: object): value is Payload {
  if (!('metadata' in value) || typeof value.metadata !== 'object' || value.metadata === null) return false;
  return 'encoding' in value.metadata && value.metadata.encoding instanceof Uint8Array;
}

function clearOfPayload(at: string, { metadata, data }: Payload): readonly ClearText[] {
  const entries = Object.entries(metadata ?? {}).map(([key, bytes]) => [key, Buffer.from(bytes).toString('utf8')]);
  const { encoding, 'encryption-key-id': keyId, ...others } = Object.fromEntries(entries);
  const isSealed = encoding === sealed && keyId !== undefined;
  return [
    ...(isSealed
      ? [{ at: 'encryption-key-id', text: keyId }]
      : [{ at, text: Buffer.from(data ?? []).toString('utf8') }]),
    ...Object.entries(others).map(([key, text]) => ({ at: `${at}, metadata ${key}`, text: String(text) })),
  ];
}

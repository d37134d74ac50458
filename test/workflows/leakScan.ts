import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';

/** Which of these texts occur in any file below this folder. */
export function foundInFiles(folder: string, texts: readonly string[]): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const contents = files.map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  return texts.filter((text) => contents.some((content) => content.includes(text)));
}

/** Which of these texts occur in any workflow's history: in names, failures or payloads. */
export async function foundInHistories(client: Client, texts: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history: unknown = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const said = textsIn(history).join('\n');
    for (const text of texts) if (said.includes(text)) found.add(text);
  }
  return [...found];
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}

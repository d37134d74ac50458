import { inject } from 'vitest';
import { z } from 'zod';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the process that starts and knows the run's shared servers. */
    sharedServers: string;
  }
}

/** Made when the shared Temporal server starts; each caller gets one of its own. */
export const sharedNamespaces: readonly string[] = Array.from({ length: 40 }, (_, index) => `shared-${index + 1}`);

const temporalSchema = z.object({ address: z.string(), uiAddress: z.string(), namespace: z.string() });
const openBaoSchema = z.object({ address: z.string(), rootToken: z.string(), auditFile: z.string() });

/** The run's Temporal server, started on first demand, and a namespace in it that nobody else uses. */
export async function sharedTemporal(): Promise<z.infer<typeof temporalSchema>> {
  return temporalSchema.parse(await ask('/temporal'));
}

/** The run's OpenBao server, started on first demand. Mount what you need under a name of your own. */
export async function sharedOpenBao(): Promise<z.infer<typeof openBaoSchema>> {
  return openBaoSchema.parse(await ask('/openbao'));
}

async function ask(server: string): Promise<unknown> {
  const response = await fetch(`${inject('sharedServers')}${server}`);
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`a shared server could not be started: ${JSON.stringify(answer)}`);
  return answer;
}

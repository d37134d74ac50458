// Opens the incident as `relock incident open --yes` does, and watches it to its end. Started again, it finds it open and watches.

import { CommandError } from '../../../src/cli/failures.js';
import { incidentRef } from '../../../src/cli/incident/incidentRef.js';
import { startIncident } from '../../../src/cli/incident/open.js';
import { watchIncident } from '../../../src/cli/incident/watch.js';
import { Output } from '../../../src/cli/output.js';
import { connectClient, temporalAt } from '../../../src/client.js';
import { encryptingConverter } from '../../../src/codec/dataConverter.js';
import { readKeyFile } from '../../../src/codec/keyFile.js';
import { incidentWorkflowId, plainIds } from '../../../src/model/workflowIds.js';
import { incidentKey, places, readSpec, vendor } from '../loadSpec.js';

const spec = readSpec();
const ring = readKeyFile(places.keys(spec.folder));
if (ring === 'missing') throw new Error('the run has no key ring; start it with npm run load');
const { client } = await connectClient(temporalAt(spec.temporal), encryptingConverter(ring));

const input = { vendor, key: incidentKey, reason: 'load', policy: 'forward', dryRun: false, approved: true } as const;
await startIncident(client, { ...input, opening: null }, plainIds).catch((error: unknown) => {
  if (!(error instanceof CommandError)) throw error;
});
await watchIncident(
  client,
  incidentRef(incidentWorkflowId(vendor, incidentKey), plainIds),
  {
    out: new Output(false, process.stdout, process.stderr),
    configFile: `${spec.folder}/relock.yaml`,
    environment: {},
    now: Date.now,
    signal: new AbortController().signal,
    estate: () => Promise.reject(new Error('watching needs no relock.yaml')),
  },
  { known: true, until: ['planned', 'finished', 'aborted', 'denied', 'failed'] },
);
process.exit(0);

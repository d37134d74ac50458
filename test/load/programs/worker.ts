// relock's worker, with faults between it and the estate server. It is killed, so it cleans nothing up.
import { readFileSync } from 'node:fs';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { readKeyFile } from '../../../src/codec/keyFile.js';
import { workingWith } from '../../../src/codec/workerIdentity.js';
import { withDocumentFaults, withTargetFaults } from '../../../src/decorate/faults.js';
import { LedgerVault } from '../../../src/ledger/ledgerVault.js';
import { installTemporalLog } from '../../../src/temporalLog.js';
import { createRelockWorker } from '../../../src/worker.js';
import { seeded } from '../../harness/seeded.js';
import { EstateLine } from '../estateLine.js';
import { loadEstate } from '../loadEstate.js';
import { places, readSpec } from '../loadSpec.js';
import { faultFor, randomFaults } from '../randomFaults.js';
import { remoteDocuments, remoteTarget } from '../remoteDrivers.js';

const [, , folder, generation = '0'] = process.argv;
const spec = readSpec(folder);
installTemporalLog(pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })));
const ring = readKeyFile(places.keys(spec.folder));
if (ring === 'missing') throw new Error('the run has no key ring; start it with npm run load');

const line = await EstateLine.connect(places.socket(spec.folder));
const random = seeded(spec.seed * 1_000 + Number(generation));
const faultsOf = (of: 'targets' | 'documents') =>
  randomFaults({
    line,
    of,
    draw: () => faultFor(random, spec.faultPercent),
    met: (kind, { subject, verb }) =>
      void line.call('control', 'met', kind, subject.replace(/^memory\/\w+\//, ''), verb),
  });
const [targetFaults, documentFaults] = [faultsOf('targets'), faultsOf('documents')];

const estate = loadEstate(spec, {
  vault: new LedgerVault(withDocumentFaults(remoteDocuments(line), documentFaults), Date.now),
  target: ({ id, capabilities }) => withTargetFaults(remoteTarget(line, id, capabilities), id, targetFaults),
});
const worker = await createRelockWorker(estate, {
  zone: null,
  connection: await NativeConnection.connect({ address: spec.temporal }),
  namespace: 'default',
  workflowBundle: { code: readFileSync(places.bundle(spec.folder), 'utf8') },
  ...workingWith(ring),
});
await worker.run();

// Vault and devices of a load run; `control` is what the run itself asks.
import { EstateServer } from '../estateServer.js';
import { EstateWorld } from '../estateWorld.js';
import { loadCredentials, places, readSpec } from '../loadSpec.js';
import { subjectOf } from '../remoteDrivers.js';

const spec = readSpec();
const world = new EstateWorld();
await world.fill(loadCredentials(spec.credentials));

const faults: Record<string, number> = {};
const control = {
  met: (kind: string, subject: string, verb: string) => {
    faults[kind] = (faults[kind] ?? 0) + 1;
    world.journal.note(subject, `${verb} meets ${kind}`);
  },
  journal: (credential: string) => world.journal.of(credential),
  faults: () => faults,
  truth: () => world.truth(),
  problems: () => world.problems(),
  delayed: () => server.delayed,
};
const server = new EstateServer((name) => (name === 'control' ? control : world.object(name)), {
  answered: (call, answer) => world.journal.call(call, answer),
  outOfTime: (call) => control.met('outOfTime', subjectOf(call), call.verb),
});
await server.listen(places.socket(spec.folder));

// Vault and devices of a load run; `control` is what the run itself asks.
import { EstateServer } from '../estateServer.js';
import { EstateWorld } from '../estateWorld.js';
import { loadCredentials, places, readSpec } from '../loadSpec.js';

const spec = readSpec();
const world = new EstateWorld();
await world.fill(loadCredentials(spec.credentials));

const faults: Record<string, number> = {};
const control = {
  met: (kind: string) => {
    faults[kind] = (faults[kind] ?? 0) + 1;
  },
  faults: () => faults,
  truth: () => world.truth(),
  problems: () => world.problems(),
  delayed: () => server.delayed,
};
const server = new EstateServer(
  (name) => (name === 'control' ? control : world.object(name)),
  () => control.met('outOfTime'),
);
await server.listen(places.socket(spec.folder));

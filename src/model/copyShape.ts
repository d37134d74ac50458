/** How a secret lies in one copy, where it is not as relock would write it. */
export interface CopyShape {
  /** What a field of relock's is called there, by relock's own name: `{ password: 'Password' }`. */
  readonly fields: Readonly<Record<string, string>>;
  /** The field that the whole value is, where it is plain text; null: it is a JSON object. */
  readonly text: string | null;
}

/** Shapes of one vault's secrets, by path; absent: as relock would write it. */
export type CopyShapes = ReadonlyMap<string, CopyShape>;

export const noShapes: CopyShapes = new Map();

/** Something that is wrong with what readers of a copy get: names of fields and kinds of values, never a value. */
export interface CopyProblem {
  readonly text: string;
  /** It cannot be this credential's secret: no rotation begins. Else a rotation finds its way, or says by itself why not. */
  readonly blocks: boolean;
}

/** What is true where readers get nothing, in `relock check` and at the end of a rotation that did not begin. */
export const nothingThere =
  'readers get no secret there that belongs to this credential, so no old one could be proven dead. Look for a mistyped path or another field name; if this is a first adoption, say `adopt: true` in relock.yaml';

/** What a credential's copies must hold to be used. */
export interface Expected {
  /** A rotation writes these. */
  readonly owned: readonly string[];
  /** Without these a login cannot be made. */
  readonly needed: readonly string[];
  readonly account: string;
  /** The `username` there may be another's. */
  readonly usernameDiffers: boolean;
  /** Nothing need be there. */
  readonly adopt: boolean;
}

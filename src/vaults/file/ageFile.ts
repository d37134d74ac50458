import { armor } from 'age-encryption';

/** An age file as it stands on disk. */
export interface AgeFile {
  /** In age's binary form. */
  readonly bytes: Uint8Array;
  /** It is text (`age -a`). */
  readonly isArmored: boolean;
}

const begin = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Throws where what looks like armour is none. */
export function readAgeFile(file: Uint8Array): AgeFile {
  const isArmored = Buffer.from(file.subarray(0, begin.length)).toString('latin1') === begin;
  return { isArmored, bytes: isArmored ? armor.decode(Buffer.from(file).toString('latin1')) : file };
}

/** In the form that it had. */
export function writtenAs(bytes: Uint8Array, isArmored: boolean): Uint8Array {
  return isArmored ? Buffer.from(`${armor.encode(bytes)}\n`, 'latin1') : bytes;
}

/** Some 150 recipients; trying each of them takes milliseconds of everybody's time. */
const maxHeaderBytes = 16 * 1024;

/** The kinds of keys that may read it, as the header tells: one each. null: the header has no end, or names too many. */
export function readersOf(bytes: Uint8Array): readonly string[] | null {
  const text = Buffer.from(bytes.subarray(0, maxHeaderBytes)).toString('latin1');
  const end = text.indexOf('\n--- ');
  if (end < 0) return null;
  const kinds = [...text.slice(0, end).matchAll(/^-> (\S*)/gm)].map(([, kind = '']) => kind);
  // Those only confuse eavesdroppers.
  return kinds.filter((kind) => !kind.endsWith('-grease'));
}

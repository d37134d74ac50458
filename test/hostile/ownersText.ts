import fc from 'fast-check';

/** What the owner of a device may write where people read: what looks like its software's own words, glue, and anything else. */
export function ownersText(
  words: readonly string[],
  glue: readonly string[],
  unit: 'binary' | 'binary-ascii',
): fc.Arbitrary<string> {
  const piece = fc.oneof(fc.constantFrom(...words), fc.constantFrom(...glue), fc.string({ unit, maxLength: 12 }));
  return fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
}

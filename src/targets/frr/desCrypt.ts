/**
 * The traditional `crypt(3)`: DES, 25 times, its expansion stirred by two salt characters. Routers still keep line
 * passwords so. It reads eight characters, seven bits of each; whatever follows does not count.
 */
export const significantCharacters = 8;

export const saltAlphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const rounds = 25;

type Bits = readonly number[];

/** Tables of FIPS 46-3, in its own notation: positions count from 1. */
const initial = [58, 60, 62, 64, 57, 59, 61, 63].flatMap((start) =>
  Array.from({ length: 8 }, (_, column) => start - 8 * column),
);
const final = initial.map((_, index) => initial.indexOf(index + 1) + 1);
const expansion = Array.from({ length: 48 }, (_, index) => ((4 * Math.floor(index / 6) + (index % 6) + 31) % 32) + 1);
const permutation = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
];
const keyLeft = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
];
const keyRight = [
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];
const roundKey = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30,
  40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
const shifts = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
/** Four rows of sixteen hex digits each. */
const substitutions = [
  'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
  'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
  'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
  '7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
  '2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
  'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
  '4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
  'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
];

function pick(bits: Bits, positions: readonly number[]): Bits {
  return positions.map((position) => bits[position - 1] ?? 0);
}

function xor(one: Bits, other: Bits): Bits {
  return one.map((bit, index) => bit ^ (other[index] ?? 0));
}

function bitsOf(value: number, count: number): Bits {
  return Array.from({ length: count }, (_, index) => (value >> (count - 1 - index)) & 1);
}

function numberOf(bits: Bits): number {
  return bits.reduce((value, bit) => value * 2 + bit, 0);
}

function rotate(bits: Bits, by: number): Bits {
  return [...bits.slice(by), ...bits.slice(0, by)];
}

function roundKeys(key: Bits): readonly Bits[] {
  let left = pick(key, keyLeft);
  let right = pick(key, keyRight);
  return shifts.map((by) => {
    left = rotate(left, by);
    right = rotate(right, by);
    return pick([...left, ...right], roundKey);
  });
}

/** Each salt bit swaps two places of the expansion. */
function stirred(salt: string): readonly number[] {
  const value = saltAlphabet.indexOf(salt.charAt(0)) + 64 * saltAlphabet.indexOf(salt.charAt(1));
  return expansion.map((position, index) => {
    const swapped = ((value >> (index % 24)) & 1) === 1 && index % 24 < 12;
    return swapped ? (expansion[(index + 24) % 48] ?? 0) : position;
  });
}

function substitute(bits: Bits): Bits {
  return substitutions.flatMap((table, box) => {
    const six = bits.slice(6 * box, 6 * box + 6);
    const row = pick(six, [1, 6]);
    const place = numberOf([...row, ...six.slice(1, 5)]);
    return bitsOf(Number.parseInt(table.charAt(place), 16), 4);
  });
}

function encipher(block: Bits, keys: readonly Bits[], spread: readonly number[]): Bits {
  const start = pick(block, initial);
  let left: Bits = start.slice(0, 32);
  let right: Bits = start.slice(32);
  for (const key of keys) {
    const mixed = pick(substitute(xor(pick(right, spread), key)), permutation);
    [left, right] = [right, xor(left, mixed)];
  }
  return pick([...right, ...left], final);
}

/** Thirteen characters, the first two of them the salt. The password must be ASCII. */
export function desCrypt(password: string, salt: string): string {
  const characters = Array.from({ length: significantCharacters }, (_, index) => password.charCodeAt(index) || 0);
  const keys = roundKeys(characters.flatMap((code) => [...bitsOf(code, 7), 0]));
  const spread = stirred(salt);
  const nothing: Bits = new Array<number>(64).fill(0);
  const block = Array.from({ length: rounds }).reduce<Bits>((each) => encipher(each, keys, spread), nothing);
  const sixes = Array.from({ length: 11 }, (_, index) => numberOf([...block, 0, 0].slice(6 * index, 6 * index + 6)));
  return salt.slice(0, 2) + sixes.map((six) => saltAlphabet.charAt(six)).join('');
}

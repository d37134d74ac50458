import type { Truth } from './witness.js';

/** A rotation's result, as the artifact store has it. */
export interface StoredEnd {
  readonly credential: string;
  readonly token: string;
  readonly state: string;
  readonly reason: string | null;
  readonly flags: { readonly exposed: boolean; readonly stale: readonly string[]; readonly unsaved: readonly string[] };
  readonly open: boolean;
}

/** The incident's closing report, as far as it can be compared. */
export interface ClosingReport {
  readonly total: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly pending: number;
  readonly blocked: number;
  readonly exposed: number;
  readonly credentials: readonly {
    readonly id: string;
    readonly state: string;
    readonly exposed: boolean;
    readonly open: boolean;
    readonly token: string | null;
  }[];
}

/** Each way in which what was said is not what is so. */
export function verdict(
  truths: readonly Truth[],
  ends: readonly StoredEnd[],
  report: ClosingReport,
): readonly string[] {
  const byCredential = new Map<string, readonly StoredEnd[]>(truths.map(({ credential }) => [credential, []]));
  for (const end of ends) byCredential.set(end.credential, [...(byCredential.get(end.credential) ?? []), end]);
  const known = new Set(truths.map(({ credential }) => credential));
  const strangers = ends.filter(({ credential }) => !known.has(credential));
  return [
    ...strangers.map(({ credential }) => `${credential}: has an end, and is no credential of the run`),
    ...truths.flatMap((truth) => judge(truth, byCredential.get(truth.credential) ?? [])),
    ...judgeReport(report, truths, ends),
  ];
}

function judge(truth: Truth, ends: readonly StoredEnd[]): readonly string[] {
  const [end, ...more] = ends;
  if (end === undefined) return [`${truth.credential}: has no end`];
  const wrong = [...(more.length > 0 ? [`has ${ends.length} ends`] : []), ...falsehoods(truth, end)];
  return wrong.map((what) => `${truth.credential}: ${end.state}(${end.reason}), ${what}`);
}

function falsehoods(truth: Truth, end: StoredEnd): readonly string[] {
  const { readers, accepted, held } = truth;
  const sets = Object.values(accepted);
  const lost = Object.values(accepted)
    .flat()
    .some((value) => value !== readers && !held.includes(value));
  const oldWorks = sets.some((values) => values.some((value) => value !== readers || value === 'old'));
  const claims: readonly [boolean, string][] = [
    [lost, 'I1: a device accepts what is neither held nor current'],
    [!end.flags.exposed && oldWorks, 'said to be safe, and an old one works'],
    [!end.open && truth.open !== null, 'said to be closed, and its record is open'],
    [isUnknownToVault(truth, end), 'said to be closed, and the vault knows no such end'],
    ...claimsOf(end.state, truth),
  ];
  return claims.filter(([isSo]) => isSo).map(([, what]) => what);
}

/** Where the vault did not even take the record, it has no end to know of. */
function isUnknownToVault({ spent }: Truth, { open, token, state }: StoredEnd): boolean {
  return !open && spent[token] !== state && !(state === 'untouched' && spent[token] === undefined);
}

function claimsOf(state: string, { readers, accepted }: Truth): readonly [boolean, string][] {
  const sets = Object.values(accepted);
  const works = (values: readonly string[]) => readers !== null && values.includes(readers);
  const isNew = readers !== null && readers !== 'old';
  switch (state) {
    case 'rotated':
      return [
        [!isNew, 'and readers get no new one'],
        [!sets.every((values) => works(values) && values.length === 1), 'and a device accepts something else'],
      ];
    case 'replaced':
      return [
        [!isNew, 'and readers get no new one'],
        [!sets.some(works), 'and no device accepts what readers get'],
      ];
    case 'untouched':
    case 'rolledBack':
      return [
        [readers !== 'old', 'and readers get something else'],
        [!sets.every((values) => works(values) && values.length === 1), 'and a device is not as it was'],
      ];
    case 'unverified':
      return [];
    default:
      return [[true, 'which nothing in this run can bring about']];
  }
}

function judgeReport(report: ClosingReport, truths: readonly Truth[], ends: readonly StoredEnd[]): readonly string[] {
  const rows = new Map(report.credentials.map((row) => [row.id, row]));
  const counted = countsOf(ends.map(({ state }) => state));
  const sameEnds = Object.keys({ ...counted, ...report.ends }).every((state) => counted[state] === report.ends[state]);
  const claims: readonly [boolean, string][] = [
    [report.total !== truths.length, `report: total ${report.total} of ${truths.length}`],
    [report.credentials.length !== truths.length || rows.size !== truths.length, 'report: not one row for each'],
    [report.pending !== 0 || report.blocked !== 0, `report: ${report.pending} pending, ${report.blocked} blocked`],
    [!sameEnds, `report: ends ${JSON.stringify(report.ends)}, stored are ${JSON.stringify(counted)}`],
    [report.exposed !== ends.filter(({ flags }) => flags.exposed).length, 'report: another number is exposed'],
    ...ends.map((end): [boolean, string] => [
      !isRowOf(rows.get(end.credential), end),
      `report: wrong about ${end.credential}`,
    ]),
  ];
  return claims.filter(([isSo]) => isSo).map(([, what]) => what);
}

function isRowOf(row: ClosingReport['credentials'][number] | undefined, end: StoredEnd): boolean {
  if (row === undefined) return false;
  const { state, exposed, open, token } = row;
  return state === end.state && exposed === end.flags.exposed && open === end.open && token === end.token;
}

export function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

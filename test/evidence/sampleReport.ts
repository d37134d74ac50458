import { createHash } from 'node:crypto';
import { type IncidentReport, incidentReportSchema, type ReportRow } from '../../src/evidence/reportSchema.js';

const openedAt = Date.UTC(2026, 10, 23, 7, 0, 0);
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/** An incident with so many credentials: most rotated, one in twenty not, in every way there is. */
export function sampleReport(credentials: number, change: Partial<ReportRow> = {}): IncidentReport {
  const rows = [...Array(credentials).keys()].map((index) => ({ ...rowOf(index, credentials), ...change }));
  const ended = openedAt + 4_000_000;
  const states = new Map<string, number>();
  for (const { state } of rows) states.set(state, (states.get(state) ?? 0) + 1);
  const { pending, blocked, ...ends } = Object.fromEntries(states);
  const half = Math.ceil(credentials / 2);
  return incidentReportSchema.parse({
    type: 'relock.incident-report',
    version: 1,
    incident: 'incident/itron/inc-42',
    vendor: 'itron',
    reason: 'INC-42',
    state: 'finished',
    policy: 'forward',
    openedAt,
    approvedAt: openedAt + 340_000,
    endedAt: ended,
    plan: { key: `incidents/itron/inc-42/plan/${digest('plan')}.json`, digest: digest('plan') },
    approvals: [
      {
        bundle: { key: `incidents/itron/inc-42/approvals/${digest('a')}.json`, sha256: digest('a') },
        by: ['ada@utility.example', 'grace@utility.example'],
        wave: null,
        expires: '2026-11-24T07:00:00.000Z',
      },
    ],
    totals: { credentials, blocked: blocked ?? 0, targets: credentials, copies: credentials * 2, byKind: {} },
    total: credentials,
    ends,
    blocked: blocked ?? 0,
    exposed: rows.filter(({ exposed }) => exposed).length,
    pending: pending ?? 0,
    waves: [
      { kind: 'canary', credentials: 5, startedAt: openedAt + 350_000, endedAt: openedAt + 420_000 },
      { kind: 'wave', credentials: half, startedAt: openedAt + 430_000, endedAt: openedAt + 2_300_000 },
      { kind: 'wave', credentials: Math.max(0, half - 5), startedAt: openedAt + 2_300_000, endedAt: ended - 100_000 },
    ],
    credentials: rows,
  });
}

const odd = [
  { state: 'replaced', reason: 'straggler', open: true },
  { state: 'untouched', reason: 'unreachable', open: false },
  { state: 'unverified', reason: 'silent', open: true },
  { state: 'blocked', reason: null, findings: ['account "ROOT!" cannot be an account there'] },
  { state: 'lost', reason: 'refused', open: true },
  { state: 'replaced', reason: 'vacuous', open: false },
] as const;

function rowOf(index: number, of: number) {
  const startedAt = openedAt + 350_000 + Math.round((index / of) * 3_400_000);
  const unlike = index % 20 === 7 ? odd[Math.floor(index / 20) % odd.length] : undefined;
  const state = unlike?.state ?? 'rotated';
  const isBlocked = state === 'blocked';
  const token = digest(`token ${index}`);
  const provenAt = (forMs: number) => (isBlocked ? null : startedAt + forMs);
  const names = ['opened', 'checked', 'staged', 'applied', 'verified', 'confirmed', 'promoted', 'adopted', 'retired'];
  const phases = isBlocked
    ? []
    : names.map((phase, at) => ({
        phase,
        reachedAt: startedAt + at * 900,
        provenAt: unlike !== undefined && at > 5 ? null : startedAt + at * 900 + 850,
      }));
  return {
    id: `itron/site-${Math.floor(index / 40)}/meter-gateway-${index}`,
    kind: index % 3 === 0 ? 'ssh-key' : 'password',
    account: `itron-svc-${index % 7}`,
    owner: index % 4 === 0 ? null : 'ot-ops',
    targets: [`gateway-${index}`, ...(index % 9 === 0 ? [`headend-${index % 5}`] : [])],
    copies: [`primary:itron/meter-gateway-${index}`, `cloud:itron/meter-gateway-${index}`],
    wave: isBlocked ? null : 2,
    state,
    exposed: unlike !== undefined,
    reason: unlike?.reason ?? null,
    findings: unlike !== undefined && 'findings' in unlike ? [...unlike.findings] : [],
    flags: isBlocked ? null : { exposed: unlike !== undefined, stale: [], unsaved: [] },
    open: unlike !== undefined && 'open' in unlike ? unlike.open : false,
    token: isBlocked ? null : token,
    startedAt: provenAt(0),
    endedAt: provenAt(9_000 + (index % 11) * 4_000),
    phases,
    evidence: isBlocked
      ? null
      : {
          key: `evidence/itron/meter-gateway-${index}/${token}/${digest(`evidence ${index}`)}.json`,
          sha256: digest(`evidence ${index}`),
        },
  };
}

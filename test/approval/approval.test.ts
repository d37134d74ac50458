import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllowedSigners } from '../../src/approval/allowedSigners.js';
import { Ballot, openerOf } from '../../src/approval/ballot.js';
import { judgeBundle } from '../../src/approval/bundle.js';
import { ApprovalRefused, base64FromBytes, bytesFromBase64 } from '../../src/approval/bytes.js';
import { parseSshSignature } from '../../src/approval/sshSignature.js';
import { parseSigned } from '../../src/approval/statement.js';
import type { Opening, Statement } from '../../src/model/approval.js';
import { makeKey, signed } from './sshKeys.js';

const [anna, ben, cleo, stranger] = [makeKey(), makeKey(), makeKey(), makeKey()];
const annasSecond = makeKey();
const file = [
  '# approvers',
  `anna@utility.example,anna ${anna.line} anna's laptop`,
  `ben ${ben.line}`,
  `cleo namespaces="relock-opening-v1" ${cleo.line}`,
  `anna ${annasSecond.line}`,
].join('\n');
const signers = parseAllowedSigners(file);
const opening: Opening = {
  version: 1,
  incident: 'incident/itron/inc-42',
  reason: 'INC-42 "quoted"',
  policy: 'forward',
};
const opened = signed(cleo, opening, 'relock-opening-v1');
const statement: Statement = {
  version: 1,
  decision: 'approve',
  incident: 'incident/itron/inc-42',
  run: '0199-run',
  wave: null,
  planDigest: 'ab'.repeat(32),
  credentials: 7,
  targets: 3,
  expires: '2026-11-24T08:00:00.000Z',
};
const now = Date.parse('2026-11-23T08:00:00Z');

function ballot(required = 2, by = opened) {
  return new Ballot({ signers, required, opener: openerOf(signers, by, now) }, statement);
}

function why(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ApprovalRefused) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('signatures of ssh-keygen -Y sign', () => {
  it('count once for each person, until as many as required are there', () => {
    const both = ballot();
    for (const key of [anna, ben]) {
      expect(both.isComplete).toBe(false);
      both.check(signed(key, statement), 'approve', now);
      both.count(signed(key, statement));
    }
    expect(both.by).toEqual(['anna@utility.example', 'ben']);
    expect(both.isComplete).toBe(true);
  });

  it('are read without their line breaks, as a person pastes them', () => {
    const { signature } = signed(anna, statement);
    ballot().check({ statement, signature: signature.replaceAll('\n', '') }, 'approve', now);
  });

  it.each([
    ['a key that nobody listed', () => ballot().check(signed(stranger, statement), 'approve', now), /not in the file/],
    ['the same person with a second key', twiceAnna, /anna has approved already/],
    [
      'the opener',
      () => ballot(2, signed(ben, opening, 'relock-opening-v1')).check(signed(ben, statement), 'approve', now),
      /opened this incident/,
    ],
    ['a key that may only open', () => ballot().check(signed(cleo, statement), 'approve', now), /cleo may not sign/],
    [
      'another namespace',
      () => ballot().check(signed(anna, statement, 'file'), 'approve', now),
      /sign with -n relock-approval-v1/,
    ],
    [
      'another plan',
      () => ballot().check(signed(anna, { ...statement, planDigest: 'cd'.repeat(32) }), 'approve', now),
      /"planDigest"/,
    ],
    [
      'another run: a reset',
      () => ballot().check(signed(anna, { ...statement, run: 'other' }), 'approve', now),
      /"run"/,
    ],
    [
      'other counts',
      () => ballot().check(signed(anna, { ...statement, credentials: 8 }), 'approve', now),
      /"credentials"/,
    ],
    [
      'a denial in place of an approval',
      () => ballot().check(signed(anna, { ...statement, decision: 'deny' }), 'approve', now),
      /"decision"/,
    ],
    ['after its expiry', () => ballot().check(signed(anna, statement), 'approve', now + 86_400_000), /has expired/],
    [
      'an expiry of his own',
      () => ballot().check(signed(anna, { ...statement, expires: '2030-01-01T00:00:00Z' }), 'approve', now),
      /later than/,
    ],
    [
      'one statement shown, another signed',
      () => ballot().check({ ...signed(anna, { ...statement, credentials: 1 }), statement }, 'approve', now),
      /not over this very statement/,
    ],
    ['no signature', () => ballot().check({ statement, signature: 'yes' }, 'approve', now), /ssh-keygen -Y sign/],
    [
      'only a digest',
      () => ballot().check({ planDigest: statement.planDigest }, 'approve', now),
      /expected \{"statement"/,
    ],
    ['an RSA key', () => ballot().check(signed(makeKey('rsa'), statement), 'approve', now), /only ed25519/],
  ])('refused: %s', (_, run, message) => {
    const said = why(run);
    expect(said).toMatch(message);
    expect(said).not.toContain('\n');
  });

  function twiceAnna() {
    const both = ballot();
    both.count(signed(anna, statement));
    both.check(signed(annasSecond, statement), 'approve', now);
  }

  it('a denial needs one, also the opener', () => {
    const denial = { ...statement, decision: 'deny' } as const;
    const openedByBen = ballot(2, signed(ben, opening, 'relock-opening-v1'));
    expect(why(() => openedByBen.check(signed(ben, denial), 'deny', now))).toBe('accepted');
    expect(why(() => openedByBen.check(signed(stranger, denial), 'deny', now))).toMatch(/not in the file/);
  });
});

describe('the bundle that those who act check again', () => {
  const judge = (approvals: readonly unknown[], required = 2) =>
    judgeBundle(approvals, opened, statement.incident, { signers, required });

  it('holds, with the earliest expiry', () => {
    const earlier = { ...statement, expires: '2026-11-24T07:00:00Z' };
    const { expiresAt } = judge([signed(anna, statement), signed(ben, earlier)]);
    expect(expiresAt).toBe(Date.parse(earlier.expires));
  });

  it.each([
    ['too few', [signed(anna, statement)], /1 of 2/],
    ['none', [], /nobody/],
    ['one twice', [signed(anna, statement), signed(anna, statement)], /approved already/],
    ['two plans', [signed(anna, statement), signed(ben, { ...statement, planDigest: 'ef'.repeat(32) })], /planDigest/],
    ['a denial', [signed(anna, { ...statement, decision: 'deny' as const }), signed(ben, statement)], /decision/],
    ['another incident', [signed(anna, { ...statement, incident: 'incident/x/y' })], /another incident/],
  ])('refused: %s', (_, approvals, message) => {
    expect(why(() => judge(approvals))).toMatch(message);
  });

  it('an opening that was changed afterwards opens nothing', () => {
    const forged = { ...opened, statement: { ...opening, incident: 'incident/itron/other' } };
    expect(why(() => openerOf(signers, forged, now))).toMatch(/not over this very statement/);
    expect(why(() => openerOf(signers, null, now))).toMatch(/--as/);
  });
});

describe('the file of approvers', () => {
  it('knows times and namespaces', () => {
    const [one] = parseAllowedSigners(
      `a namespaces="x,y",valid-after="20260101Z",valid-before="20270101120000Z" ${anna.line}`,
    );
    expect(one).toMatchObject({
      namespaces: ['x', 'y'],
      validAfter: Date.parse('2026-01-01T00:00:00Z'),
      validBefore: Date.parse('2027-01-01T12:00:00Z'),
    });
  });

  it('a key before or after its time does not count', () => {
    const late = parseAllowedSigners(`a valid-after="20270101Z" ${anna.line}\ncleo ${cleo.line}`);
    const early = parseAllowedSigners(`a valid-before="20260101Z" ${anna.line}\ncleo ${cleo.line}`);
    for (const each of [late, early]) {
      const box = new Ballot({ signers: each, required: 1, opener: openerOf(each, opened, now) }, statement);
      expect(why(() => box.check(signed(anna, statement), 'approve', now))).toMatch(/not valid now/);
    }
  });

  it.each([
    ['an option that it does not know', `a verify-required ${anna.line}`, /line 1 .*does not know/],
    ['a certificate authority', `a cert-authority ${anna.line}`, /certificates/],
    ['patterns of names', `*@example.org ${anna.line}`, /no patterns/],
    ['a local time', `a valid-after="20260101" ${anna.line}`, /with the Z/],
    ['a security key', 'a sk-ssh-ed25519@openssh.com AAAA', /security key/],
    ['an RSA key', 'a ssh-rsa AAAA', /only ed25519/],
    ['a cut key', `a ${anna.line.slice(0, -5)}`, /line 1/],
    ['a key twice', `a ${anna.line}\nb ${anna.line}`, /twice/],
    ['something else', 'hello', /expected <names>/],
  ])('refuses %s', (_, text, message) => {
    expect(why(() => parseAllowedSigners(text))).toMatch(message);
  });
});

describe('whatever bytes come', () => {
  const onlyRefuses = (run: () => unknown) => typeof why(run) === 'string';

  it('the file of approvers is read or refused', () => {
    const pieces = fc.constantFrom(
      'a',
      ' ',
      '\t',
      '"',
      ',',
      '=',
      'namespaces',
      'valid-after',
      'ssh-ed25519',
      anna.line,
      '\n',
      '#',
      '\0',
      'é',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => onlyRefuses(() => parseAllowedSigners(text))),
      { numRuns: 2_000 },
    );
  });

  it('a signature with any byte changed is refused, or is not over the statement', () => {
    const { signature } = signed(anna, statement);
    const body = signature.split('\n').slice(1, -2).join('');
    const bytes = bytesFromBase64(body) ?? new Uint8Array();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = bytes.map((byte, index) => (index === at ? byte ^ flip : byte));
        const text = `-----BEGIN SSH SIGNATURE-----${base64FromBytes(changed)}-----END SSH SIGNATURE-----`;
        return why(() => ballot().check({ statement, signature: text }, 'approve', now)) !== 'accepted';
      }),
      { numRuns: 400 },
    );
  });

  it('a cut or prolonged signature is refused', () => {
    const { signature } = signed(anna, statement);
    fc.assert(
      fc.property(
        fc.nat(signature.length - 30),
        (length) => why(() => parseSshSignature(signature.slice(0, length))) !== 'accepted',
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        onlyRefuses(() =>
          parseSshSignature(`-----BEGIN SSH SIGNATURE-----${base64FromBytes(bytes)}-----END SSH SIGNATURE-----`),
        ),
      ),
    );
  });

  it('what is pasted is a statement and a signature, or refused', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => onlyRefuses(() => parseSigned(value))));
    const changed = fc.tuple(fc.constantFrom(...Object.keys(statement), 'more'), fc.jsonValue());
    fc.assert(
      fc.property(changed, ([name, value]) =>
        onlyRefuses(() => parseSigned({ statement: { ...statement, [name]: value }, signature: '' })),
      ),
    );
  });

  it('base64 is what Node says', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = base64FromBytes(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(bytesFromBase64(text)).toEqual(bytes);
      }),
    );
    expect(['A', 'AA=A', 'AAA', 'AB==', 'A===', 'AAAA\n'].map(bytesFromBase64)).toEqual(Array(6).fill(null));
  });
});

import { describe, expect, it } from 'vitest';
import { EncryptingCodec } from '../../src/codec/encryptingCodec.js';
import { KeyRing, newKeyLine } from '../../src/codec/keyRing.js';
import { clearTexts } from './clearTexts.js';
import { outsideOf, vocabularyOf } from './vocabulary.js';

const rules = vocabularyOf({ credentials: ['acme/svc'], vendors: ['acme'], incidents: ['inc-1'] });
const outside = (event: object) => outsideOf(rules, clearTexts('history', [event]));
const codec = new EncryptingCodec(new KeyRing(newKeyLine(0)));
const payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"canary"') };

describe('what would be in clear in Temporal, and is none of ours', () => {
  it.each([
    ['a workflow id', { started: { workflowId: 'rotate/acme/other' } }],
    ['an incident of a vendor who is not in relock.yaml', { started: { workflowId: 'incident/other/inc-1' } }],
    ['an activity id', { scheduled: { activityId: 'acme-svc' } }],
    ['a type', { scheduled: { activityType: { name: 'shell' } } }],
    ['a signal', { signaled: { signalName: 'canary' } }],
    ['an update', { accepted: { acceptedRequest: { input: { name: 'canary' } } } }],
    ['an update id', { accepted: { updateId: 'approve-by-anna' } }],
    ['a search attribute', { started: { searchAttributes: { indexedFields: { Owner: payload } } } }],
    ['a failure in clear', { failed: { failure: { message: 'canary' } } }],
    ['the type of a failure', { failed: { failure: { cause: { applicationFailureInfo: { type: 'Canary' } } } } }],
    ['a stack', { failed: { failure: { stackTrace: 'at canary' } } }],
    ['a patch', { markerRecordedEventAttributes: { markerName: 'canary' } }],
    ['an identity', { started: { identity: 'anna at her desk' } }],
    ['a reason', { terminated: { reason: 'canary' } }],
    ['a note', { state: { notes: 'canary' } }],
    ['a task queue', { started: { taskQueue: { name: 'relock/canary' } } }],
    ['a header', { started: { header: { fields: { tracing: payload } } } }],
    ['a payload that is not encrypted', { started: { input: { payloads: [payload] } } }],
  ])('%s', (_, event) => {
    expect(outside(event)).not.toEqual([]);
  });

  it('an encrypted payload is none, and more metadata than its format and key is', async () => {
    const [sealed] = await codec.encode([payload]);
    expect(outside({ started: { input: { payloads: [sealed] } } })).toEqual([]);
    const marked = { ...sealed, metadata: { ...sealed?.metadata, hint: Buffer.from('canary') } };
    expect(outside({ started: { input: { payloads: [marked] } } })).toEqual([
      'history.started.input.payloads, metadata hint: canary',
    ]);
  });
});

import { errorCodes } from '../../src/model/errors.js';
import { pauseNotes } from '../../src/model/schedule.js';
import type { ClearText } from './clearTexts.js';

/** What may stand in clear in the fields whose names match; the first rule that matches a field is the one. */
export interface Rule {
  readonly at: RegExp;
  readonly allowed: readonly RegExp[];
}

/** Names that this estate chose; they are in ids, on purpose. */
export interface OwnIds {
  readonly credentials: readonly string[];
  readonly vendors: readonly string[];
  readonly incidents: readonly string[];
}

const workflowTypes = ['respondToIncident', 'rotateWave', 'rotateCredential', 'rotateDue'];
const activityTypes = [
  ...['carryOn', 'open', 'stage', 'promote', 'note', 'finish', 'recordResult'],
  ...['capture', 'probe', 'change', 'revert', 'confirm', 'retire', 'endSessions', 'suspend'],
  ...['planIncident', 'storeApprovals', 'readPlanRows', 'zonesOfPage', 'precheckPage', 'joinRotation', 'awaitRotation'],
  ...['tally', 'writeReport', 'listDue'],
];
const signals = ['report', 'decide', 'consumersMoved', 'supplied', 'order', 'waveHalted'];
const updates = ['join', 'approve', 'deny', 'pause', 'resume', 'abort'];
const failureTypes = [...Object.keys(errorCodes), 'UpdateRefused', 'Inventory', 'Halted'];
const patches = ['evidence-of-followed', 'pages-of-a-run'];
const attributes = ['BuildIds', 'TemporalChangeVersion', 'TemporalScheduledById', 'TemporalScheduledStartTime'];
const notes = [...Object.values(pauseNotes), 'resumed', 'paused'];

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const time = /^"?\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z"?$/;
const build = /^@temporalio\/worker@[\d.]+\+[0-9a-f]{64}$/;
/** A process on a host, and the names of its keys. */
const identity =
  /^(\d+@[\w.-]+( keys:[\w.,-]+( ids:[0-9a-f]{8})?( config:[0-9a-f]{8})?)?|temporal-scheduler-[\w/-]+|history-service|worker-service)$/;
const sticky = /^\d+@[\w.-]+( keys:[\w.,-]+( ids:[0-9a-f]{8})?( config:[0-9a-f]{8})?)?-[0-9a-f]{32}$/;

/** `opaque`: no id names anything. */
export function vocabularyOf(ids: OwnIds | 'opaque'): readonly Rule[] {
  const parts = ids === 'opaque' ? opaqueParts : partsOf(ids);
  const workflow = workflowIdsOf(parts);
  const schedule = new RegExp(`^${parts.due}$`);
  return [
    { at: /^encryption-key-id$/, allowed: [/^\d{4}-\d{2}-\d{2}-[0-9a-f]{8}$/] },
    { at: /indexedFields.* \(key\)$/, allowed: [word(attributes)] },
    { at: /indexedFields\.TemporalChangeVersion$/, allowed: [new RegExp(`^\\["${oneOf(patches)}(-true)?"\\]$`)] },
    {
      at: /indexedFields\.BuildIds$/,
      allowed: [/^\[("unversioned(:@temporalio\/worker@[\d.]+\+[0-9a-f]{64})?",?)+\]$/],
    },
    { at: /indexedFields\.TemporalScheduledById$/, allowed: [quoted(schedule)] },
    { at: /indexedFields\.\w+, metadata type$/, allowed: [word(['Keyword', 'KeywordList', 'Datetime'])] },
    { at: /indexedFields\.TemporalScheduledStartTime$/, allowed: [time] },
    { at: /scheduleId$/, allowed: [schedule] },
    { at: /workflowId$/i, allowed: [workflow] },
    { at: /runId$/i, allowed: [uuid] },
    { at: /(namespaceId|updateId|protocolInstanceId|initialExecutionId)$/i, allowed: [uuid] },
    { at: /requestMessageId$/i, allowed: [new RegExp(`^${uuid.source.slice(1, -1)}/request$`)] },
    { at: /requestId$/i, allowed: [uuid, /^request-from-RespondWorkflowTaskCompleted$/, /^sched[\w/.:-]+$/] },
    { at: /namespace$/i, allowed: [/^default$/] },
    { at: /identity$/i, allowed: [identity] },
    { at: /buildId$/i, allowed: [build] },
    { at: /(workflowType|visibility\.type|workflowExecutionInfo\.type)\.name$/, allowed: [word(workflowTypes)] },
    { at: /activityType\.name$/, allowed: [word(activityTypes)] },
    { at: /(activityId|timerId)$/, allowed: [/^\d+$/] },
    { at: /taskQueue(\.(name|normalName))?$/i, allowed: [/^relock$/, sticky] },
    { at: /memo\.fields \(key\)$/, allowed: [/^(startedBy|incident)$/] },
    { at: /versioningInfo\.currentVersion$/, allowed: [/^__unversioned__$/] },
    { at: /signalName$/, allowed: [word(signals)] },
    { at: /acceptedRequest\.input\.name$/, allowed: [word(updates)] },
    { at: /ailure(\.\w+)*\.message$/, allowed: [/^Encoded failure$/] },
    { at: /ailure(\.\w+)*\.source$/, allowed: [word(['TypeScriptSDK', 'Server'])] },
    { at: /FailureInfo\.type$/, allowed: [word(failureTypes)] },
    { at: /markerName$/, allowed: [/^core_(patch|local_activity)$/] },
    { at: /markerRecordedEventAttributes\.details\./, allowed: [patchMark(), localMark] },
    { at: /sdkName$/, allowed: [/^temporal-typescript$/] },
    { at: /sdkVersion$/, allowed: [/^\d+\.\d+\.\d+$/] },
    { at: /state\.notes$|info\.notes$|\.notes$/, allowed: [word(notes)] },
    { at: /timezoneName$/, allowed: [/^UTC$/] },
  ];
}

/** What no rule allows, each once: `<field>: <text>`. */
export function outsideOf(rules: readonly Rule[], texts: readonly ClearText[]): readonly string[] {
  const outside = texts.filter(({ at, text }) => {
    const rule = rules.find((one) => one.at.test(at));
    return rule === undefined || !rule.allowed.some((allowed) => allowed.test(text));
  });
  return [...new Set(outside.map(({ at, text }) => `${at}: ${text.slice(0, 200)}`))];
}

interface IdParts {
  readonly rotation: string;
  readonly incident: string;
  readonly due: string;
}

const opaqueParts: IdParts = {
  rotation: 'rotate/[a-z2-7]{32}',
  incident: 'incident/[a-z2-7]{32}',
  due: 'due/[a-z2-7]{32}',
};

function partsOf({ credentials, vendors, incidents }: OwnIds): IdParts {
  return {
    rotation: `rotate/${oneOf(credentials)}`,
    incident: `incident/${oneOf(vendors)}/${oneOf(incidents)}`,
    due: `due/${oneOf(vendors)}/\\d+d`,
  };
}

function workflowIdsOf({ rotation, incident, due }: IdParts): RegExp {
  const look = `${due}(-\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z)?`;
  return new RegExp(`^(${rotation}|${incident}(/wave-\\d+)?|${look}|temporal-sys-scheduler:${look})$`);
}

/** What the SDK keeps of an activity within a workflow's task beside its result: its name, numbers and times. */
const localMark = new RegExp(
  `^\\{("[a-z_]+":(\\d+|null|"\\d+"|"${oneOf(activityTypes)}"|\\{"seconds":\\d+,"nanos":\\d+\\}),?)+\\}$`,
);

function patchMark(): RegExp {
  return new RegExp(`^\\{"id":"${oneOf(patches)}","deprecated":false\\}$`);
}

function quoted({ source }: RegExp): RegExp {
  return new RegExp(`^"${source.slice(1, -1)}"$`);
}

function word(words: readonly string[]): RegExp {
  return new RegExp(`^${oneOf(words)}$`);
}

function oneOf(words: readonly string[]): string {
  return `(${words.map((each) => each.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`;
}

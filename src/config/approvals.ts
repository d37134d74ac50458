import { resolve } from 'node:path';
import { type AllowedSigner, parseAllowedSigners } from '../approval/allowedSigners.js';
import { ApprovalRefused } from '../approval/bytes.js';
import { isSamePerson, mayDo } from '../approval/signed.js';
import type { Estate } from './estate.js';
import { validated } from './issues.js';
import type { Loading } from './loading.js';
import { readabilityProblem } from './readableFiles.js';
import { readConfigFile } from './readFile.js';
import { approvalsSchema } from './schema.js';

/** Who must agree, with the file of approvers read and checked; null, and problems, when that cannot be had. */
export function loadApprovals(given: unknown, loading: Loading): Estate['approvals'] {
  const approvals = validated(approvalsSchema, given, { path: ['approvals'], title: 'approvals' }, loading.problems);
  if (approvals === null) return null;
  const { allowedSigners, ...rest } = approvals;
  const read = readSigners(allowedSigners, rest.required, loading);
  return read === null ? null : { ...rest, ...read };
}

function readSigners(file: string, required: number, loading: Loading) {
  const { baseDirectory } = loading.environment;
  const path = resolve(baseDirectory, file);
  const unreadable = readabilityProblem(baseDirectory, file);
  const read = unreadable === null ? readConfigFile(path) : { problem: unreadable };
  try {
    if ('problem' in read) throw new ApprovalRefused(read.problem);
    const signers = parseAllowedSigners(read.text);
    const problem = tooFew(signers, required);
    if (problem !== null) throw new ApprovalRefused(problem);
    return { signers, text: read.text, file: path };
  } catch (error) {
    if (!(error instanceof ApprovalRefused)) throw error;
    loading.problems.add(['approvals', 'allowedSigners'], `approvals: "allowedSigners" ${error.message}`);
    return null;
  }
}

/** Whoever opens an incident does not count: somebody must be left to open it. */
function tooFew(signers: readonly AllowedSigner[], required: number): string | null {
  const approvers = signers.filter((signer) => mayDo(signer, 'relock-approval-v1'));
  const openers = signers.filter((signer) => mayDo(signer, 'relock-opening-v1'));
  const enough = openers.some((opener) => personsBeside(opener, approvers) >= required);
  return enough
    ? null
    : `lists too few persons: expected one who opens an incident (namespace relock-opening-v1) and ${required} others who approve it (relock-approval-v1)`;
}

function personsBeside(opener: AllowedSigner, approvers: readonly AllowedSigner[]): number {
  const persons: AllowedSigner[] = [];
  for (const each of approvers)
    if (![opener, ...persons].some((known) => isSamePerson(known, each))) persons.push(each);
  return persons.length;
}

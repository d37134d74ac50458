import type { AllowedSigner } from './allowedSigners.js';
import { ApprovalRefused } from './bytes.js';
import { isSignatureOver, parseSshSignature } from './sshSignature.js';

/** Namespaces of `ssh-keygen -Y sign -n`: a signature for one is worth nothing for another. */
export const namespaces = { approval: 'relock-approval-v1', opening: 'relock-opening-v1' } as const;
export type Namespace = (typeof namespaces)[keyof typeof namespaces];

export interface Question {
  readonly namespace: Namespace;
  /** The very bytes that were to be signed. */
  readonly message: Uint8Array;
  readonly signature: string;
  /** null: whenever it was signed; its time was judged when it was accepted. */
  readonly now: number | null;
}

/** Who signed. Throws `ApprovalRefused` unless it is one of those who may, for this, now. */
export function signerOf(signers: readonly AllowedSigner[], question: Question): AllowedSigner {
  const signature = parseSshSignature(question.signature);
  if (signature.namespace !== question.namespace)
    throw new ApprovalRefused(`the signature is for something else: sign with -n ${question.namespace}`);
  const signer = signers.find(({ key }) => key.blob === signature.key.blob);
  if (signer === undefined) throw new ApprovalRefused('the key that signed is not in the file of approvers');
  if (!mayDo(signer, question.namespace))
    throw new ApprovalRefused(`the key of ${nameOf(signer)} may not sign for ${question.namespace}`);
  if (question.now !== null) checkTime(signer, question.now);
  if (!isSignatureOver(signature, question.message))
    throw new ApprovalRefused(
      `the signature of ${nameOf(signer)} is not over this very statement: sign the one that is shown`,
    );
  return signer;
}

function checkTime(signer: AllowedSigner, now: number): void {
  const tooEarly = signer.validAfter !== null && now < signer.validAfter;
  const tooLate = signer.validBefore !== null && now >= signer.validBefore;
  if (tooEarly || tooLate)
    throw new ApprovalRefused(`the key of ${nameOf(signer)} is not valid now, says the file of approvers`);
}

export function mayDo({ namespaces: own }: AllowedSigner, namespace: Namespace): boolean {
  return own === null || own.includes(namespace);
}

/** How a signer is called on pages and in messages. */
export function nameOf({ principals }: AllowedSigner): string {
  return principals[0] ?? 'nobody';
}

/** One person may hold several keys, and still counts once. */
export function isSamePerson(one: AllowedSigner, other: AllowedSigner): boolean {
  return one.key.blob === other.key.blob || one.principals.some((name) => other.principals.includes(name));
}

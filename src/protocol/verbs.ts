import type { ApprovalRef } from '../model/approval.js';
import type { FailurePolicy } from '../model/policy.js';
import { anyHead, type Carrier, type CredentialId } from '../model/record.js';
import type { CommandName, CommandOf, Results } from './commands.js';
import type { RotationState } from './state.js';

/** Which rotation a command belongs to; ids and digests only, so that the hand can check what the head says. */
export interface RotationRef {
  readonly credential: CredentialId;
  readonly descriptorDigest: string;
  readonly token: string;
  /** Who carries it on (`Carrier.head`); absent where an earlier release began it. */
  readonly head?: string;
  readonly policy: FailurePolicy;
  /** The approval that it is done by; absent or null: none, as in a scheduled rotation. */
  readonly approval?: ApprovalRef | null;
}

export function rotationRef({ order, policy }: RotationState, approval: ApprovalRef | null, head: string): RotationRef {
  const { credential, descriptorDigest } = order.plan;
  return { credential, descriptorDigest, token: order.token, head, policy, ...(approval && { approval }) };
}

/** Who writes the record for it. */
export function carrierOf({ token, head = anyHead }: RotationRef): Carrier {
  return { token, head };
}

/** Commands that are carried out elsewhere; only waiting is the interpreter's own. */
export type VerbName = Exclude<CommandName, 'wait'>;

/** The hands: one function per command. They throw what went wrong; interpreters turn that into an outcome. */
export type Verbs = {
  readonly [Name in VerbName]: (rotation: RotationRef, command: CommandOf<Name>) => Promise<Results[Name]>;
};

import { ApprovalRefused } from '../../approval/bytes.js';
import type { Estate } from '../../config/estate.js';
import { DriverError } from '../../model/errors.js';
import type { CommandOf, Results } from '../../protocol/commands.js';
import type { RotationRef, VerbName, Verbs } from '../../protocol/verbs.js';
import { type Clock, callWithin } from '../clock.js';
import { ApprovedPlans } from './approvedPlans.js';

/** Reading an artifact: a folder answers at once, a bucket within this. */
const artifactMs = 30_000;

/**
 * The hands check for themselves: where relock.yaml asks for signatures, whoever may start workflows in Temporal still
 * cannot rotate anything that was not approved. Only writing down what is open already (`note`, `finish`) is always done.
 */
export function guardedVerbs(verbs: Verbs, estate: Estate, clock: Clock): Verbs {
  if (estate.approvals === null) return verbs;
  const guard = new Guard(estate, clock);
  const checked =
    <Name extends VerbName>(name: Name) =>
    async (rotation: RotationRef, command: CommandOf<Name>): Promise<Results[Name]> => {
      await guard.check(rotation, name);
      return verbs[name](rotation, command);
    };
  return {
    ...verbs,
    open: checked('open'),
    probe: checked('probe'),
    stage: checked('stage'),
    capture: checked('capture'),
    change: checked('change'),
    revert: checked('revert'),
    confirm: checked('confirm'),
    retire: checked('retire'),
    endSessions: checked('endSessions'),
    suspend: checked('suspend'),
    promote: checked('promote'),
  };
}

class Guard {
  readonly #estate: Estate;
  readonly #clock: Clock;
  readonly #plans: ApprovedPlans;

  constructor(estate: Estate, clock: Clock) {
    this.#estate = estate;
    this.#clock = clock;
    this.#plans = new ApprovedPlans(estate);
  }

  async check(rotation: RotationRef, verb: VerbName): Promise<void> {
    try {
      if (rotation.approval == null) this.#checkUnsigned(rotation);
      else await this.#checkApproval(rotation, rotation.approval, verb);
    } catch (error) {
      if (error instanceof ApprovalRefused) throw refused(rotation.credential, error.message);
      throw error;
    }
  }

  /** As a schedule does it: routine, and the old secret is put back when it fails. */
  #checkUnsigned({ credential, policy }: RotationRef): void {
    const isRoutine = (this.#estate.credentials.get(credential)?.everyDays ?? null) !== null;
    if (!isRoutine || policy !== 'restore')
      throw new ApprovalRefused('nobody approved it, and it is not a scheduled rotation (everyDays, policy restore)');
  }

  async #checkApproval(
    { credential, descriptorDigest, policy }: RotationRef,
    ref: NonNullable<RotationRef['approval']>,
    verb: VerbName,
  ): Promise<void> {
    const approved = await this.#plans.of(ref, callWithin(this.#clock, artifactMs));
    if (approved.descriptors.get(credential) !== descriptorDigest)
      throw new ApprovalRefused('it is not in the approved plan as it is described here');
    // A rotation that the incident joined may still be ending a step under its own, milder policy.
    if (policy !== approved.policy && policy !== 'restore')
      throw new ApprovalRefused(`its policy is ${policy}, approved is ${approved.policy}`);
    // What has begun must be ended.
    if (verb === 'open' && this.#clock.now() > approved.expiresAt)
      throw new ApprovalRefused('the approvals have expired before it began');
  }
}

function refused(credential: string, why: string): DriverError {
  return new DriverError({
    code: 'Misconfigured',
    effect: 'none',
    driver: 'relock',
    subject: credential,
    message: `${credential} was not touched by this step: ${why}. relock.yaml of this worker asks for signed approvals; find out who started it, then open an incident and have it approved.`,
  });
}

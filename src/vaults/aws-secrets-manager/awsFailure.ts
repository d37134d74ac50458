import { DriverError, type Effect, type ErrorCode } from '../../model/errors.js';

export const driver = 'aws-secrets-manager';

/** One request, for its errors. */
export interface Request {
  /** As policies name it, without `secretsmanager:`. */
  readonly action: string;
  /** A secret's name, or what is listed. */
  readonly subject: string;
  /** What a request without an answer may have done. `none`: nothing that anybody reads. */
  readonly effect: Effect;
}

interface Meaning {
  readonly code: ErrorCode;
  /** Follows the subject. */
  readonly text: string;
}

const throttled: Meaning = {
  code: 'Unreachable',
  text: 'AWS answers that there are too many requests. Try again later, with fewer at once',
};

/** Every one of these is an answer: nothing was changed. By the name that AWS gives its errors. */
const answers: Readonly<Record<string, Meaning>> = {
  ResourceNotFoundException: { code: 'NotFound', text: 'there is no such secret, or no such version of it' },
  ...named(['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded', 'SlowDown'], {
    code: 'Unreachable',
    text: 'AWS answers that there are too many requests. Try again later, with fewer at once',
  }),
  ...named(
    [
      'UnrecognizedClientException',
      'InvalidClientTokenId',
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'ExpiredTokenException',
      'ExpiredToken',
      'IncompleteSignature',
      'MissingAuthenticationToken',
      'MissingAuthenticationTokenException',
      'OptInRequired',
    ],
    {
      code: 'Unauthorized',
      text: "AWS does not accept relock's own credentials: wrong, expired or switched off. Renew them",
    },
  ),
  LimitExceededException: {
    code: 'Refused',
    text: 'a quota is used up: some 100 versions of a secret in 24 hours. They go by themselves after a day; try again then',
  },
  ...named(['EncryptionFailure', 'DecryptionFailure'], {
    code: 'Misconfigured',
    text: "its KMS key cannot be used by relock's login, or is disabled. Allow kms:GenerateDataKey and kms:Decrypt on it",
  }),
  InvalidRequestException: {
    code: 'Refused',
    text: 'AWS refuses the request in the state in which the secret is: it may be a replica, or managed by another service. `relock check` says which',
  },
  CredentialsProviderError: {
    code: 'Misconfigured',
    text: "no AWS credentials were found: not in the variables that relock.yaml names, nor where AWS's own tools look. Nothing was sent",
  },
};

/** These texts of `InvalidRequestException` have a meaning of their own. */
const deletedTexts = ['marked for deletion', 'scheduled for deletion', 'marked deleted'];

export const deleted =
  'the secret is deleted, and kept for its recovery window. Restore it (aws secretsmanager restore-secret), or take it out of relock.yaml';

function named(names: readonly string[], meaning: Meaning): Readonly<Record<string, Meaning>> {
  return Object.fromEntries(names.map((name) => [name, meaning]));
}

/** No connection came about: nothing was sent. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The error of one request, rebuilt: AWS's own carries the request with its values. */
export function awsError(request: Request, error: unknown, stopped: boolean): DriverError {
  const name = error instanceof Error ? error.name : '';
  const text = error instanceof Error ? error.message : '';
  const status = statusOf(error);
  if (name === 'InvalidRequestException' && deletedTexts.some((each) => text.includes(each))) {
    return built(request, 'none', { code: 'Refused', text: deleted });
  }
  if (name.startsWith('AccessDenied')) return built(request, 'none', denied(request));
  const meaning = answers[name];
  if (meaning !== undefined) return built(request, 'none', meaning);
  if (status === 429) return built(request, 'none', throttled);
  // Of a success that cannot be read, nobody knows what it did.
  if (status !== null && status >= 300 && status < 500) return built(request, 'none', unexpected(status));
  if (neverSent.has(codeOf(error)))
    return built(request, 'none', {
      code: 'Unreachable',
      text: 'AWS cannot be reached. Check `region`, `endpoint` and the way there',
    });
  const silence: Meaning = stopped
    ? { code: 'Timeout', text: 'no answer within the deadline' }
    : { code: 'Unreachable', text: 'AWS gave no answer that says what happened' };
  return built(request, request.effect, silence);
}

/** Only what changes nothing is answered with something that matters. */
export function oddAnswer(request: Request): DriverError {
  const text = 'the answer is none that Secrets Manager gives. Check `region`, `endpoint` and proxies on the way there';
  return built(request, 'none', { code: 'Misconfigured', text });
}

/** Whether AWS answered with an error of one of these names. */
export function isAnswer(error: unknown, names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

function built({ action, subject }: Request, effect: Effect, { code, text }: Meaning): DriverError {
  const truth = effect === 'none' ? 'Nothing was changed by this' : 'It may have been done';
  const message = `${subject}: ${text}. ${truth} (${action})`;
  return new DriverError({ code, effect, driver, subject, message });
}

function denied({ action }: Request): Meaning {
  const text = `relock's login may not do secretsmanager:${action} there, by its policy or the secret's. docs/vaults.md has the policy that it needs`;
  return { code: 'Unauthorized', text };
}

function unexpected(status: number): Meaning {
  return {
    code: 'Refused',
    text: `AWS said no (HTTP ${status}), for a reason that relock does not know. Look into CloudTrail`,
  };
}

function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return null;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

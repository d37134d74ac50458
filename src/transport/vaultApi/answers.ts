import type { Effect, ErrorCode } from '../../model/errors.js';
import type { ExchangeFailure } from './exchange.js';

/** What an answer means when the caller did not expect it. `effect` counts only for calls that change something. */
export interface Meaning {
  readonly code: ErrorCode;
  readonly effect: Effect;
  /** What happened, what is true now, what to do next; the subject is put before it. */
  readonly text: string;
}

const statuses: Readonly<Record<number, Meaning>> = {
  400: {
    code: 'Refused',
    effect: 'none',
    text: 'the vault refused the request as invalid; nothing was changed there. Check mount, path and login method in relock.yaml',
  },
  403: {
    code: 'Unauthorized',
    effect: 'none',
    text: "the vault denied permission to relock's login; nothing was changed there. Give its policy the right that `relock check` names",
  },
  404: { code: 'NotFound', effect: 'none', text: 'the vault has nothing there. Check mount and path in relock.yaml' },
  405: {
    code: 'Unsupported',
    effect: 'none',
    text: 'the vault does not support this operation there; nothing was changed. Check that the mount has the expected type',
  },
  412: {
    code: 'Unreachable',
    effect: 'none',
    text: 'this vault node is behind the others; nothing was changed. Try again',
  },
  413: { code: 'Refused', effect: 'none', text: 'the vault refused the value as too large; nothing was changed there' },
  429: {
    code: 'Unreachable',
    effect: 'none',
    text: 'the vault limits requests, or is a standby; nothing was changed. Try again later, or point `address` at the active node',
  },
  472: {
    code: 'Misconfigured',
    effect: 'none',
    text: 'this vault node is a disaster-recovery standby; nothing was changed. Point `address` at the active cluster',
  },
  473: {
    code: 'Unreachable',
    effect: 'none',
    text: 'this vault node is a performance standby; nothing was changed. Point `address` at the active node',
  },
  501: {
    code: 'Misconfigured',
    effect: 'none',
    text: 'this vault is not initialised; nothing was changed. Initialise and unseal it',
  },
};

const redirect: Meaning = {
  code: 'Misconfigured',
  effect: 'none',
  text: 'the vault answered with a redirect, which relock never follows with its token; nothing was changed. Point `address` at the active node, or at the final address',
};
const sealed: Meaning = {
  code: 'Unreachable',
  effect: 'none',
  text: 'the vault is sealed; nothing was changed. Unseal it, then this goes on',
};
const serverFault: Meaning = {
  code: 'Unreachable',
  effect: 'unknown',
  text: 'the vault, or a proxy before it, failed inside; whether it changed anything is not known. The next try reads first',
};
const odd: Meaning = {
  code: 'Misconfigured',
  effect: 'unknown',
  text: 'the answer is none that a vault gives. Check that `address` is a HashiCorp Vault or OpenBao server',
};

export const notJson: Meaning = odd;
/** URL parsing would resolve it, and the request would land elsewhere. */
export const upwardPath: Meaning = {
  code: 'Misconfigured',
  effect: 'none',
  text: 'a vault path has no "." or ".." segment; nothing was sent. Correct it in relock.yaml',
};

/** `errors` of a body in the vault's usual shape; only ever compared with fixed texts. */
export function mentions(body: unknown, text: string): boolean {
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors)) return false;
  return body.errors.some((entry) => typeof entry === 'string' && entry.includes(text));
}

export function meaningOf(status: number, body: unknown): Meaning {
  const known = statuses[status];
  if (known !== undefined) return known;
  if (status === 503 && mentions(body, 'sealed')) return sealed;
  if (status >= 300 && status < 400) return redirect;
  return status >= 500 ? serverFault : odd;
}

export function meaningOfFailure(failure: ExchangeFailure): Meaning {
  const effect = failure.sent ? 'unknown' : 'none';
  const now = failure.sent ? 'whether it arrived is not known' : 'nothing was sent';
  switch (failure.kind) {
    case 'notConnected':
      return {
        code: 'Unreachable',
        effect,
        text: 'no connection to the vault could be made; nothing was sent. Check that it runs and that `address` is right',
      };
    case 'badCertificate':
      return {
        code: 'Misconfigured',
        effect,
        text: "the vault's certificate is not trusted, or it does not speak TLS; nothing was sent. Check `address` and `caFile`",
      };
    case 'connectionLost':
      return {
        code: 'Unreachable',
        effect,
        text: 'the connection to the vault broke before its answer came; whether it arrived is not known. The next try reads first',
      };
    case 'stopped':
      return {
        code: 'Timeout',
        effect,
        text: `no answer from the vault within the time allowed; ${now}. The next try reads first`,
      };
    case 'tooLarge':
      return {
        code: 'Misconfigured',
        effect,
        text: 'the answer of the vault is larger than any that relock expects, and was not read. Check `address`',
      };
  }
}

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { LoginFault } from './loginFailure.js';
import { hmac, type ScramKeys, scramKeys } from './scram.js';

export const mechanism = 'SCRAM-SHA-256';

/** More would keep the worker busy for a server that only pretends to have such a verifier. */
const maxIterations = 100_000;
const nonceBytes = 18;

/** No channel binding; the role was named when the connection started. */
const header = 'n,,';
const serverFirst = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+=*),i=([1-9]\d*)(?:,|$)/;

/**
 * The client's part of SCRAM-SHA-256 (RFC 5802, 7677), one login. pg's own prepares passwords otherwise than libpq and the
 * server where SASLprep refuses them, so that a right one is refused.
 */
export class ScramLogin {
  readonly #password: string;
  readonly #nonce = randomBytes(nonceBytes).toString('base64');
  #expected: Buffer | null = null;

  constructor(password: string) {
    this.#password = password;
  }

  first(): string {
    return `${header}${this.#bare()}`;
  }

  async proof(challenge: string): Promise<string> {
    const [, nonce = '', salt = '', count = ''] = serverFirst.exec(challenge) ?? [];
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) throw new LoginFault('impostor');
    const iterations = Number(count);
    if (iterations > maxIterations) throw new LoginFault('tooCostly');
    const keys = await scramKeys(this.#password, Buffer.from(salt, 'base64'), iterations);
    const answer = `c=${Buffer.from(header).toString('base64')},r=${nonce}`;
    const talk = `${this.#bare()},${challenge},${answer}`;
    this.#expected = hmac(keys.server, talk);
    return `${answer},p=${proofOf(keys, talk)}`;
  }

  /** Only who has the verifier can say this. */
  verify(outcome: string): void {
    const said = Buffer.from(/^v=([A-Za-z0-9+/]+=*)(?:,|$)/.exec(outcome)?.[1] ?? '', 'base64');
    if (this.#expected === null || said.length !== this.#expected.length || !timingSafeEqual(said, this.#expected)) {
      throw new LoginFault('impostor');
    }
  }

  #bare(): string {
    return `n=*,r=${this.#nonce}`;
  }
}

function proofOf({ client, stored }: ScramKeys, talk: string): string {
  const signature = hmac(stored, talk);
  return Buffer.from(client.map((byte, index) => byte ^ (signature[index] ?? 0))).toString('base64');
}

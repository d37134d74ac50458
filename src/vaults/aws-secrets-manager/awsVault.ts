import type { CallContext } from '../../contracts/context.js';
import type { Opened, SecretPath } from '../../contracts/vaultBackend.js';
import { LedgerVault } from '../../ledger/ledgerVault.js';
import { type CopyShapes, type Expected, noShapes } from '../../model/copyShape.js';
import { DriverError } from '../../model/errors.js';
import type { Opening } from '../../model/record.js';
import type { Instant } from '../../model/time.js';
import { driver } from './awsFailure.js';
import { obstacle } from './fitness.js';
import { SecretDocuments } from './secretDocuments.js';
import { isName, nameOf } from './secretNames.js';
import type { SecretsApi } from './secretsApi.js';

/** Secrets Manager as a vault: the ledger's rules, and no rotation is begun of a secret that somebody else rotates. */
export class AwsVault extends LedgerVault {
  readonly #api: SecretsApi;

  constructor(api: SecretsApi, now: () => Instant, shapes: CopyShapes = noShapes) {
    super(new SecretDocuments(api, shapes), now, shapes);
    this.#api = api;
  }

  /** Throws `Misconfigured` where AWS or a person is in the way of a new record; one that is open is carried on. */
  override async open(path: SecretPath, opening: Opening, context: CallContext, expected?: Expected): Promise<Opened> {
    await this.#requireFit(path, context);
    return super.open(path, opening, context, expected);
  }

  async #requireFit(path: SecretPath, context: CallContext): Promise<void> {
    if (!isName(path)) return;
    const described = await this.#api.describe(nameOf('readers', path), context);
    const problem = described === null ? null : obstacle(described, await this.#api.region());
    if (problem === null || (await this.state(path, context)).record !== null) return;
    const message = `${path}: ${problem}. Nothing was changed`;
    throw new DriverError({ code: 'Misconfigured', effect: 'none', driver, subject: path, message });
  }
}

import {
  CreateSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretResponse,
  GetSecretValueCommand,
  type GetSecretValueResponse,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { z } from 'zod';
import type { CallContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { Instant } from '../../model/time.js';
import { descriptionShape, namesShape, valueShape, versionsShape } from './answerShapes.js';
import { awsError, isAnswer, oddAnswer, type Request } from './awsFailure.js';
import { boundAnswers } from './boundedAnswers.js';
import { ownPrefix } from './secretNames.js';

/** The label that AWS's readers get by default. */
export const currentLabel = 'AWSCURRENT';
/** A version that is being written: AWS moves it along with each new one. Not the label of any reader. */
export const nextLabel = 'relock-next';

/** Attempts of requests that change nothing; AWS tells callers to slow down as a matter of course. */
const readAttempts = 4;
const pageSize = 100;
/** AWS has no more in a region. */
const maxNames = 500_000;

interface Sent {
  readonly abortSignal: AbortSignal;
}

/** A notice about later versions of the SDK is nothing that an operator can act on. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

export type CredentialsSource = SecretsManagerClientConfig['credentials'];

/** The requests that relock makes, one by one, with errors rebuilt. What changes something is sent once. */
export class SecretsApi {
  readonly #reader: SecretsManagerClient;
  readonly #writer: SecretsManagerClient;
  readonly #kmsKeyId: string | undefined;
  readonly #now: () => Instant;

  constructor(config: SecretsManagerClientConfig, kmsKeyId: string | undefined, now: () => Instant) {
    this.#reader = boundAnswers(new SecretsManagerClient({ ...config, maxAttempts: readAttempts }));
    this.#writer = boundAnswers(new SecretsManagerClient({ ...config, maxAttempts: 1 }));
    this.#kmsKeyId = kmsKeyId;
    this.#now = now;
  }

  /** Where the secrets are, as the SDK understood it. */
  async region(): Promise<string> {
    return this.#reader.config.region();
  }

  /** What readers get; null: no such secret, or one without a current value. */
  get(name: string, context: CallContext): Promise<GetSecretValueResponse | null> {
    const request = { action: 'GetSecretValue', subject: name, effect: 'none' } as const;
    const command = new GetSecretValueCommand({ SecretId: name, VersionStage: currentLabel });
    const send = (sent: Sent) => this.#reader.send(command, sent).then((answer) => shaped(valueShape, answer, request));
    return this.#unless(['ResourceNotFoundException'], request, context, send);
  }

  /** null: no such secret. */
  describe(name: string, context: CallContext): Promise<DescribeSecretResponse | null> {
    const request = { action: 'DescribeSecret', subject: name, effect: 'none' } as const;
    const command = new DescribeSecretCommand({ SecretId: name });
    const send = (sent: Sent) =>
      this.#reader.send(command, sent).then((answer) => shaped(descriptionShape, answer, request));
    return this.#unless(['ResourceNotFoundException'], request, context, send);
  }

  /** Makes the secret with its first value; `exists`: there is one. */
  async create(name: string, text: string, versionId: string, context: CallContext): Promise<'created' | 'exists'> {
    const request = { action: 'CreateSecret', subject: name, effect: 'unknown' } as const;
    const own = this.#kmsKeyId !== undefined && name.startsWith(ownPrefix) ? { KmsKeyId: this.#kmsKeyId } : {};
    const command = new CreateSecretCommand({ Name: name, SecretString: text, ClientRequestToken: versionId, ...own });
    const names = ['ResourceExistsException'];
    const answer = await this.#unless(names, request, context, (sent) => this.#writer.send(command, sent));
    return answer === null ? 'exists' : 'created';
  }

  /** Adds a version under relock's own label only: readers do not get it. */
  async put(name: string, text: string, versionId: string, context: CallContext): Promise<void> {
    const request = { action: 'PutSecretValue', subject: name, effect: 'none' } as const;
    const input = { SecretId: name, SecretString: text, ClientRequestToken: versionId, VersionStages: [nextLabel] };
    await this.#send(request, context, (sent) => this.#writer.send(new PutSecretValueCommand(input), sent));
  }

  /** Moves what readers get from that version to this, if it is there. `refused`: it is not, or AWS says no for another reason. */
  async makeCurrent(
    name: string,
    move: { readonly from: string | undefined; readonly to: string },
    context: CallContext,
  ): Promise<'done' | 'refused'> {
    const request = { action: 'UpdateSecretVersionStage', subject: name, effect: 'unknown' } as const;
    const command = new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: currentLabel,
      MoveToVersionId: move.to,
      ...(move.from !== undefined && { RemoveFromVersionId: move.from }),
    });
    const names = ['InvalidParameterException', 'ResourceNotFoundException'];
    const answer = await this.#unless(names, request, context, (sent) => this.#writer.send(command, sent));
    return answer === null ? 'refused' : 'done';
  }

  /** Names that begin with that; every page, or an error. */
  async names(prefix: string, context: CallContext): Promise<readonly string[]> {
    const request = { action: 'ListSecrets', subject: prefix === '' ? 'all secrets' : prefix, effect: 'none' } as const;
    const filters = prefix === '' ? {} : { Filters: [{ Key: 'name' as const, Values: [prefix] }] };
    const found: string[] = [];
    let page: string | undefined;
    do {
      const command = new ListSecretsCommand({ ...filters, MaxResults: pageSize, NextToken: page });
      const answer = await this.#send(request, context, (sent) => this.#reader.send(command, sent));
      shaped(namesShape, answer, request);
      for (const { Name: name } of answer.SecretList ?? []) found.push(name ?? '');
      if (found.length > maxNames) throw oddAnswer(request);
      page = answer.NextToken === '' ? undefined : answer.NextToken;
    } while (page !== undefined);
    return found;
  }

  /** When each version of a secret was made, also of those without a label. */
  async versionTimes(name: string, context: CallContext): Promise<readonly Instant[]> {
    const request = { action: 'ListSecretVersionIds', subject: name, effect: 'none' } as const;
    const found: Instant[] = [];
    let page: string | undefined;
    do {
      const input = { SecretId: name, IncludeDeprecated: true, MaxResults: pageSize, NextToken: page };
      const command = new ListSecretVersionIdsCommand(input);
      const answer = await this.#send(request, context, (sent) => this.#reader.send(command, sent));
      shaped(versionsShape, answer, request);
      for (const { CreatedDate: date } of answer.Versions ?? []) found.push(date?.getTime() ?? 0);
      if (found.length > maxNames) throw oddAnswer(request);
      page = answer.NextToken === '' ? undefined : answer.NextToken;
    } while (page !== undefined);
    return found;
  }

  /** As `#send`; null where AWS answers with an error of one of these names. */
  async #unless<T>(
    names: readonly string[],
    request: Request,
    context: CallContext,
    send: (sent: Sent) => Promise<T>,
  ): Promise<T | null> {
    const answered = (sent: Sent) =>
      send(sent).catch((error: unknown) => {
        if (isAnswer(error, names)) return null;
        throw error;
      });
    return this.#send(request, context, answered);
  }

  async #send<T>(request: Request, context: CallContext, send: (sent: Sent) => Promise<T>): Promise<T> {
    const leftMs = context.deadline - this.#now();
    const stop = leftMs > 0 ? AbortSignal.timeout(Math.ceil(leftMs)) : AbortSignal.abort();
    const abortSignal = AbortSignal.any([context.signal, stop]);
    if (abortSignal.aborted) throw awsError({ ...request, effect: 'none' }, null, true);
    try {
      return await send({ abortSignal });
    } catch (error) {
      if (error instanceof DriverError) throw error;
      throw awsError(request, error, abortSignal.aborted);
    }
  }
}

/** The answer as it is, if it has the shape of one. */
function shaped<Answer>(shape: z.ZodType, answer: Answer, request: Request): Answer {
  if (!shape.safeParse(answer).success) throw oddAnswer(request);
  return answer;
}

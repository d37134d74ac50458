import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** A page of 100 descriptions; a value has 64 KB at most. */
const maxAnswerBytes = 8 * 1024 * 1024;

/** The SDK reads an answer to its end, however much comes. With this, what is too long breaks off. */
export function boundAnswers(client: SecretsManagerClient): SecretsManagerClient {
  client.middlewareStack.add(
    (next) => async (input) => {
      const result = await next(input);
      const { response } = result;
      if (typeof response !== 'object' || response === null || !('body' in response)) return result;
      const { body } = response;
      // The reader of the end gets the error; here it would be told twice.
      if (body instanceof Readable) response.body = pipeline(body, new AtMost(maxAnswerBytes), () => undefined);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'relockBoundAnswers' },
  );
  return client;
}

class AtMost extends Transform {
  #room: number;

  constructor(room: number) {
    super();
    this.#room = room;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#room -= chunk.length;
    if (this.#room < 0) done(new RangeError('the answer is too long'));
    else done(null, chunk);
  }
}

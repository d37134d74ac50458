import { type Duplex, PassThrough } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { Connection } from 'pg';
import { z } from 'zod';
import { Frames } from './frames.js';
import { LoginFault } from './loginFailure.js';
import { mechanism, ScramLogin } from './scramLogin.js';

declare module 'pg' {
  interface Connection {
    /** Reads messages from the stream's `data` events. */
    attachListeners(stream: Duplex): void;
    sendSASLInitialResponseMessage(mechanism: string, first: string): void;
    sendSCRAMClientFinalMessage(proof: string): void;
  }
  interface ClientConfig {
    readonly connection?: Connection;
  }
  interface Client {
    /** Of the server's process, as it was told when the login began. */
    readonly processID: number | null;
  }
}

const offer = z.object({ mechanisms: z.array(z.string()) });
const message = z.object({ data: z.string() });

/**
 * pg's connection, for servers that break the protocol: what they send is checked first, and an error of the parser ends the
 * connection. As pg has it, it would be thrown out of an event, and end the process. SCRAM is relock's own: see `ScramLogin`.
 */
export class CheckedConnection extends Connection {
  /** The password was asked for, and given. */
  asked = false;
  /** The server wants the password as it is. */
  askedInClear = false;
  /** The server said that the password is right; what it refuses after that is something else. */
  authenticated = false;
  /** SCRAM was begun, and the server has not shown yet that it knows the password's verifier. */
  proofIsDue = false;
  readonly #password: () => string;
  #scram: ScramLogin | null = null;

  constructor(tls: false | ConnectionOptions, password: () => string) {
    super({ ssl: tls });
    this.#password = password;
  }

  override attachListeners(stream: Duplex): void {
    const frames = new Frames();
    const checked = new PassThrough();
    super.attachListeners(checked);
    stream.on('data', (chunk: Buffer) => {
      try {
        checked.emit('data', frames.take(chunk));
      } catch (error) {
        stream.destroy(error instanceof Error ? error : new Error('a message cannot be read'));
      }
    });
  }

  override emit(event: string | symbol, ...values: readonly unknown[]): boolean {
    if (event === 'authenticationCleartextPassword') this.askedInClear = true;
    if (event === 'authenticationOk') this.authenticated = true;
    if (event === 'authenticationSASL') return this.#step(() => this.#begin(values[0]));
    if (event === 'authenticationSASLContinue') return this.#step(() => this.#prove(values[0]));
    if (event === 'authenticationSASLFinal') return this.#step(() => this.#finish(values[0]));
    return super.emit(event, ...values);
  }

  #step(act: () => void): boolean {
    try {
      act();
    } catch (error) {
      super.emit('error', error);
    }
    return true;
  }

  #begin(said: unknown): void {
    this.proofIsDue = true;
    if (!offer.parse(said).mechanisms.includes(mechanism)) throw new LoginFault('otherMethod');
    this.#scram = new ScramLogin(this.#password());
    this.sendSASLInitialResponseMessage(mechanism, this.#scram.first());
  }

  #prove(said: unknown): void {
    const proof = this.#begun().proof(message.parse(said).data);
    proof.then(
      (text) => this.sendSCRAMClientFinalMessage(text),
      (error: unknown) => super.emit('error', error),
    );
  }

  #finish(said: unknown): void {
    this.#begun().verify(message.parse(said).data);
    this.proofIsDue = false;
  }

  #begun(): ScramLogin {
    if (this.#scram === null) throw new Error('a part of SCRAM that nobody asked for');
    return this.#scram;
  }
}

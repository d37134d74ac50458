import { AsyncLocalStorage } from 'node:async_hooks';
import { connect, type Socket } from 'node:net';
import { DriverError } from '../../src/model/errors.js';
import { type Answer, type Delay, read, receive, send } from './wire.js';

interface Waiting {
  hear(frame: string): void;
  lose(error: DriverError): void;
}

/** A connection to the estate server. It answers at once, so nothing here waits for a deadline. */
export class EstateLine {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #delay = new AsyncLocalStorage<Delay>();
  #sent = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    receive(socket, (id, frame) => this.#hear(id, frame));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#lose());
  }

  static connect(path: string): Promise<EstateLine> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new EstateLine(socket));
      });
    });
  }

  /** Gives what the method of that object returns there. */
  call<Value>(object: string, verb: string, ...args: readonly unknown[]): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      if (!this.#socket.writable) return reject(gone());
      this.#sent += 1;
      this.#waiting.set(this.#sent, {
        hear: (frame) => {
          const answer: Answer<Value> = read(frame);
          if ('failed' in answer) reject(new DriverError(answer.failed));
          else resolve(answer.value);
        },
        lose: reject,
      });
      send(this.#socket, this.#sent, { object, verb, args, after: this.#delay.getStore() ?? null });
    });
  }

  /** What is called in there is carried out so much later, by the estate server itself. */
  later(delay: Delay, act: () => Promise<void>): Promise<void> {
    return this.#delay.run(delay, act);
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(id: number, frame: string): void {
    this.#waiting.get(id)?.hear(frame);
    this.#waiting.delete(id);
  }

  #lose(): void {
    for (const { lose } of this.#waiting.values()) lose(gone());
    this.#waiting.clear();
  }
}

function gone(): DriverError {
  const message = 'the estate server is gone; whether it was done is not known. Start the run again.';
  return new DriverError({ code: 'Unreachable', effect: 'unknown', driver: 'estate', subject: 'estate', message });
}

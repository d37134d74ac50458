import { createServer, type Server, type Socket } from 'node:net';
import { type Answer, type Call, failureOf, read, receive, send } from './wire.js';

/** Who wants to know what the server does. */
export interface Heed {
  answered(call: Call, answer: Answer<unknown>): void;
  /** What a device did not do any more, because this machine was too busy to let it in time, or to send it in time. */
  outOfTime(call: Call): void;
}

/** Vault and devices that outlive those who use them: any object by its name, each method of it a verb. */
export class EstateServer {
  readonly #objects: (name: string) => object | undefined;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #heed: Heed;
  #delayed = 0;

  constructor(objects: (name: string) => object | undefined, heed: Heed = { answered: () => {}, outOfTime: () => {} }) {
    this.#objects = objects;
    this.#heed = heed;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
  }

  close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Effects that are still to come. */
  get delayed(): number {
    return this.#delayed;
  }

  #serve(socket: Socket): void {
    this.#clients.add(socket);
    // Who was killed leaves a broken connection, and nobody to tell.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#clients.delete(socket));
    receive(socket, (id, frame) => void this.#take(socket, id, read(frame)));
  }

  async #take(socket: Socket, id: number, call: Call): Promise<void> {
    if (call.after === null) return send(socket, id, await this.#answer(call));
    const { ms, withinMs } = call.after;
    const isSentInTime = call.args.every((arg) => notAfterOf(arg) > Date.now());
    const lastAt = isSentInTime ? Date.now() + (withinMs ?? Number.POSITIVE_INFINITY) : 0;
    this.#delayed += 1;
    setTimeout(() => void this.#later(call, lastAt), ms);
    send(socket, id, { value: null });
  }

  async #later(call: Call, lastAt: number): Promise<void> {
    if (Date.now() > lastAt) this.#heed.outOfTime(call);
    else await this.#answer(call);
    this.#delayed -= 1;
  }

  async #answer(call: Call): Promise<Answer<unknown>> {
    const answer = await this.#perform(call);
    this.#heed.answered(call, answer);
    return answer;
  }

  async #perform({ object, verb, args, after }: Call): Promise<Answer<unknown>> {
    try {
      const found = this.#objects(object);
      const method: unknown = found === undefined ? undefined : Reflect.get(found, verb);
      if (typeof method !== 'function') throw new RangeError(`the estate server has no ${verb} of ${object}`);
      const given = after?.reached === true ? args.map(withoutDeadline) : args;
      return { value: await Reflect.apply(method, found, given) };
    } catch (error) {
      return { failed: failureOf(error) };
    }
  }
}

/** A driver sends nothing past this; a worker that stood still for a while would have sent it all the same. */
function notAfterOf(arg: unknown): number {
  const isEffect = typeof arg === 'object' && arg !== null && 'notAfter' in arg;
  return isEffect ? Number(arg.notAfter) : Number.POSITIVE_INFINITY;
}

/** What has reached a device is done when the device gets to it. */
function withoutDeadline(arg: unknown): unknown {
  const isContext = typeof arg === 'object' && arg !== null && 'deadline' in arg;
  const never = Number.POSITIVE_INFINITY;
  return isContext ? { ...arg, deadline: never, notAfter: never } : arg;
}

import { createConnection, type Socket } from 'node:net';
import { isWholeRequest } from './httpRequest.js';

/** What becomes of one request. */
export const passages = {
  pass: 'it arrives and is answered',
  cutBefore: 'the connection is reset before a byte of it passes',
  cutInside: 'half of its bytes pass, then the connection is cut on both sides',
  loseReply: 'it arrives and is answered; nothing of the answer comes back, and the connection is cut',
  cutReply: 'it arrives; half of the first bytes of the answer come back, and the connection is cut',
  hangBefore: 'nothing of it passes, and nothing is heard until the caller gives up',
  hangAfter: 'it arrives; nothing is heard until the caller gives up',
  late: 'it arrives after the caller has given up',
  pretend: 'the caller gets `204 No Content`; nothing of it passes (HTTP only)',
} as const;
export type Passage = keyof typeof passages;

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly speaks: 'http' | 'bytes';
  readonly lateMs: number;
  decide(text: string): Promise<Passage>;
}

/** Not a byte more for this long: the server has said what it had to say. */
const quietMs = 300;
/** A server that answers nothing at all is waited for so long. */
const silenceMs = 2_000;
const noContent = 'HTTP/1.1 204 No Content\r\n\r\n';

/** One client's connection, and the one behind it to the real server. */
export class ProxiedConnection {
  readonly ended: Promise<void>;
  readonly #client: Socket;
  readonly #options: ConnectionOptions;
  #upstream: Socket | null = null;
  /** What happens to the request under way. */
  #passage: Passage = 'pass';
  /** The server spoke since the client did: what comes next is a new request. */
  #isTurn = true;
  #lateBytes: Buffer[] = [];
  #arrival: Promise<void> | null = null;
  #cutTimer: NodeJS.Timeout | undefined;

  constructor(client: Socket, options: ConnectionOptions) {
    this.#client = client;
    this.#options = options;
    client.on('error', () => undefined).on('close', () => this.#clientGone());
    this.ended = this.#serve().then(() => this.#arrival ?? undefined);
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#upstream?.destroy();
  }

  async settle(): Promise<void> {
    if (this.#arrival !== null) await this.#arrival;
    else if (this.#passage !== 'pass') this.reset();
  }

  async #serve(): Promise<void> {
    try {
      if (this.#options.speaks === 'bytes') await this.#begin(Buffer.alloc(0));
      else this.#connect();
      for await (const bytes of this.#bursts()) {
        if (this.#isTurn) await this.#begin(bytes);
        else this.#go(bytes);
      }
    } catch {
      // The client was cut off, by itself or by us.
    }
    this.#clientGone();
  }

  async *#bursts(): AsyncGenerator<Buffer> {
    let gathered = Buffer.alloc(0);
    const http = this.#options.speaks === 'http';
    for await (const chunk of this.#client.iterator({ destroyOnReturn: false })) {
      gathered = Buffer.concat([gathered, chunk]);
      if (http && !isWholeRequest(gathered)) continue;
      yield gathered;
      gathered = Buffer.alloc(0);
    }
  }

  async #begin(bytes: Buffer): Promise<void> {
    this.#isTurn = false;
    this.#passage = await this.#options.decide(bytes.toString('latin1'));
    // A connection that was let through is followed by a request; one that was not stays as it is.
    this.#isTurn = bytes.length === 0 && this.#passage === 'pass';
    this.#go(bytes);
  }

  #go(bytes: Buffer): void {
    const doing: Readonly<Record<Passage, () => void>> = {
      pass: () => this.#connect().write(bytes),
      cutBefore: () => this.reset(),
      cutInside: () => this.#cutInside(bytes),
      loseReply: () => {
        this.#connect().write(bytes);
        this.#cutAfter(silenceMs);
      },
      cutReply: () => this.#connect().write(bytes),
      hangBefore: () => undefined,
      hangAfter: () => this.#connect().write(bytes),
      late: () => this.#holdBack(bytes),
      pretend: () => {
        this.#isTurn = true;
        this.#client.write(noContent);
      },
    };
    doing[this.#passage]();
  }

  #connect(): Socket {
    if (this.#upstream !== null) return this.#upstream;
    const { host, port } = this.#options;
    const upstream = createConnection({ host, port });
    upstream.on('error', () => undefined);
    upstream.on('data', (bytes) => this.#answer(bytes));
    upstream.on('close', () => this.#serverGone());
    this.#upstream = upstream;
    return upstream;
  }

  #answer(bytes: Buffer): void {
    if (this.#passage === 'pass') {
      this.#isTurn = true;
      this.#client.write(bytes);
    } else if (this.#passage === 'cutReply') {
      this.#client.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => this.reset());
    } else if (this.#passage === 'loseReply' || this.#passage === 'late') {
      // An HTTP server that begins to answer has done it; of others nobody can tell.
      this.#cutAfter(this.#options.speaks === 'http' ? 0 : quietMs);
    }
  }

  #cutInside(bytes: Buffer): void {
    this.#connect().end(bytes.subarray(0, Math.floor(bytes.length / 2)));
    this.#client.resetAndDestroy();
  }

  #cutAfter(ms: number): void {
    clearTimeout(this.#cutTimer);
    this.#cutTimer = setTimeout(() => this.reset(), ms);
  }

  #holdBack(bytes: Buffer): void {
    this.#lateBytes.push(bytes);
    this.#arrival ??= this.#arriveLate();
  }

  /** The caller may be long gone by then. */
  async #arriveLate(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#options.lateMs));
    const upstream = this.#connect();
    if (upstream.destroyed) return;
    const gone = new Promise((resolve) => upstream.once('close', resolve));
    upstream.write(Buffer.concat(this.#lateBytes));
    this.#cutAfter(silenceMs);
    await gone;
  }

  #clientGone(): void {
    const stillArrives = this.#passage === 'late' || this.#passage === 'loseReply' || this.#passage === 'cutInside';
    if (!stillArrives) this.#upstream?.destroy();
  }

  #serverGone(): void {
    const silent = this.#passage === 'hangAfter' || this.#passage === 'late';
    if (!silent) this.#client.destroy();
  }
}

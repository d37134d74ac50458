import { type Duplex, PassThrough } from 'node:stream';
import { Connection } from 'pg';
import { Frames } from './frames.js';

declare module 'pg' {
  interface Connection {
    /** Reads messages from the stream's `data` events. */
    attachListeners(stream: Duplex): void;
  }
  interface ClientConfig {
    readonly connection?: Connection;
  }
}

/**
 * pg's connection, for servers that break the protocol: what they send is checked first, and an error of the parser ends the
 * connection. As pg has it, it would be thrown out of an event, and end the process.
 */
export class CheckedConnection extends Connection {
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
}

import { type CodecServer, startCodecServer } from './codecServer.js';
import { decodeLog } from './decodeLog.js';
import { EncryptingCodec } from './encryptingCodec.js';
import type { KeyRing } from './keyRing.js';

/** The codec server of a dev server's UI, which listens on this port of 127.0.0.1. What it decrypts is noted in `logFile`. */
export function startUiCodec(ring: KeyRing, uiPort: number, logFile: string): Promise<CodecServer> {
  const origins = ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${uiPort}`);
  return startCodecServer({ codec: new EncryptingCodec(ring), origins, log: decodeLog(logFile, Date.now) });
}

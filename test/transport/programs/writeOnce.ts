// Writes one value to a vault, as a process whose environment asks every library to talk.
import { Secret } from '../../../src/secret/secret.js';
import { createVaultApi } from '../../../src/transport/vaultApi/client.js';

const [address = '', mount = ''] = process.argv.slice(2);
const token = Secret.of({ token: process.env.TEST_VAULT_TOKEN ?? '' });
const api = createVaultApi({ driver: 'openbao', address, caPem: null });
const { status } = await api.send(
  {
    method: 'POST',
    path: [mount, 'data', 'a'],
    body: { data: { password: 'VALUE-that-must-not-leak' } },
    subject: 'a',
  },
  token,
  { signal: new AbortController().signal, deadline: Date.now() + 10_000 },
);
process.stdout.write(`${status}\n`);
api.close();

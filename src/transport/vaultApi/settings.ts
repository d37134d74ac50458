import { z } from 'zod';
import { readableFile } from '../../contracts/settings.js';

const httpUrl = z.string().refine(isPlainHttpUrl, {
  message: 'expected an address such as https://vault.example:8200, without path, login or query',
});

/** Where the server is. Shared by every driver that talks to a vault's HTTP API. */
export const vaultApiSettings = z.strictObject({
  address: httpUrl.describe('where the server is, such as https://vault.example:8200'),
  namespace: z.string().min(1).optional().describe('the namespace to work in; absent: the root'),
  caFile: readableFile(
    "PEM file with the authority that signed the server's certificate; default: the system's",
  ).optional(),
});

function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const plain =
    url.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/';
  return plain && (url.protocol === 'http:' || url.protocol === 'https:');
}

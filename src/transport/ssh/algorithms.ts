import type { Algorithms, KexAlgorithm } from 'ssh2';

/** Group exchange comes last: Node checks its prime, which blocks the process for 1.6 s per connection. */
const kex: KexAlgorithm[] = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'diffie-hellman-group14-sha256',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group15-sha512',
  'diffie-hellman-group17-sha512',
  'diffie-hellman-group18-sha512',
];
const groupExchange: KexAlgorithm[] = ['diffie-hellman-group-exchange-sha256'];
const legacyKex: KexAlgorithm[] = ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'];
const legacyGroupExchange: KexAlgorithm[] = ['diffie-hellman-group-exchange-sha1'];

/** A few compressed bytes could be made to fill the memory. */
const compress: Algorithms['compress'] = ['none'];

const modern: Algorithms = { kex: [...kex, ...groupExchange], compress };

const legacy: Algorithms = {
  kex: [...kex, ...legacyKex, ...groupExchange, ...legacyGroupExchange],
  serverHostKey: { append: ['ssh-dss'], prepend: [], remove: [] },
  cipher: { append: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'], prepend: [], remove: [] },
  compress,
  hmac: { append: ['hmac-md5', 'hmac-sha1-96', 'hmac-md5-96'], prepend: [], remove: [] },
};

export function algorithmsFor(choice: 'default' | 'legacy'): Algorithms {
  return choice === 'legacy' ? legacy : modern;
}

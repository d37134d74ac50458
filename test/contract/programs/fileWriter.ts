// Another process at the same vault folder: `hold` takes the write lock and keeps it; `count` adds to a counter.
import { join } from 'node:path';
import { contentFromJson } from '../../../src/ledger/jsonContent.js';
import { AgeDocuments } from '../../../src/vaults/file/ageDocuments.js';
import { WriteLock } from '../../../src/vaults/file/writeLock.js';

process.stdin.resume().on('end', () => process.exit(1));

const [what = '', root = '', identityFile = '', path = '', times = '0'] = process.argv.slice(2);
const context = { signal: new AbortController().signal, deadline: Date.now() + 60_000 };
const documents = new AgeDocuments(root, identityFile);

async function addOne(): Promise<number> {
  for (;;) {
    const { content, revision } = await documents.read('readers', path, context);
    const count = Number(content?.fields.reveal('count')) + 1;
    const next = contentFromJson({ count: String(count) });
    if ((await documents.write('readers', path, next, revision, context)) === 'written') return count;
  }
}

if (what === 'hold') {
  await new WriteLock(join(root, '.relock', 'lock')).run(context, async () => {
    process.stdout.write('held\n');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
} else {
  for (let done = 0; done < Number(times); done += 1) process.stdout.write(`${await addOne()}\n`);
}
process.stdin.destroy();

import { constants, open } from 'node:fs/promises';

/** It is no file that relock reads. The message follows the path. */
export class UnfitFile extends Error {}

/** A regular file of at most that size; others, such as pipes and devices, might be read for ever. Links are followed. */
export async function readSmallFile(path: string, maxBytes: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new UnfitFile('is not a regular file. Move it away');
    if (info.size > maxBytes) throw new UnfitFile('is larger than any secret that relock keeps. Move it away');
    const room = Buffer.alloc(info.size);
    let size = 0;
    for (let more = -1; more !== 0 && size < room.length; size += more) {
      more = (await file.read(room, size, room.length - size, size)).bytesRead;
    }
    return room.subarray(0, size);
  } finally {
    await file.close();
  }
}

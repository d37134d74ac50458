const headEnd = '\r\n\r\n';

/** Whether these bytes are one HTTP/1.1 request to its end. */
export function isWholeRequest(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  const end = text.indexOf(headEnd);
  if (end < 0) return false;
  const head = text.slice(0, end);
  const bodyStart = end + headEnd.length;
  if (/^transfer-encoding:.*chunked/im.test(head)) return text.endsWith(`0${headEnd}`);
  const [, length = '0'] = /^content-length:\s*(\d+)/im.exec(head) ?? [];
  return bytes.length >= bodyStart + Number(length);
}

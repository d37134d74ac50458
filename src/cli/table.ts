/** Columns as wide as their widest cell, two spaces apart; the last is not padded. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [headers, ...rows];
  const widths = headers.map((_, column) => all.reduce((widest, row) => Math.max(widest, width(row[column] ?? '')), 0));
  return all.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function padded(cell: string, to: number): string {
  return cell + ' '.repeat(Math.max(0, to - width(cell)));
}

function width(cell: string): number {
  return [...cell].length;
}

/** `1 error`, `2 errors`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

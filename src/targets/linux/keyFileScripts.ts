import { chooseOwner, lookAsRoot, readAsAccount, writeAsRoot } from './keyFileOfRoot.js';
import { maxKeyFileBytes, prelude, type RootScript } from './remoteScript.js';

/** What both scripts do as the owner of the file. `$2` is the path, or relative to the home. */
const locate = `need sha256sum stat readlink
case $2 in /*) file=$2 ;; *) file=$HOME/$2 ;; esac
if [ -e "$file" ]; then file=$(readlink -f "$file"); fi
folder=\${file%/*}
digest() { if [ -e "$file" ]; then sha256sum < "$file" | cut -d' ' -f1; else echo absent; fi; }
`;

/** Tells the file's digest, or `absent`, and prints the file. */
const readBody = `${locate}[ ! -e "$file" ] || [ -r "$file" ] || exit 89
[ ! -e "$file" ] || [ "$(wc -c < "$file")" -le ${maxKeyFileBytes} ] || exit 79
begin "$(digest)"
[ -e "$file" ] || exit 0
cat "$file" || exit 77
`;

/** Prints why the file could not be replaced, as far as that can be seen without a write. */
const lookBody = `${locate}begin
[ ! -e "$file" ] || [ "$(stat -c %u "$file")" = "$(id -u)" ] || exit 90
until [ -e "$folder" ]; do folder=\${folder%/*}; folder=\${folder:-/}; done
barrier "$folder" "$file" a 2
exit 0
`;

/**
 * Arguments: path, digest of the file that the edit is based on, size of the edited file. Input: the edited file and a
 * last line. In one step, under the folder's lock, and only while the file is still the one that was read; owner and
 * mode stay.
 */
const writeBody = `${locate}need flock head wc cp mv chmod
digest=$3 size=$4
if [ "$digest" = absent ]; then said=$(mkdir -p -m 700 "$folder" 2>&1) || { reason "$said"; exit 77; }; fi
[ -d "$folder" ] || exit 77
[ -w "$folder" ] || { why "$folder" "$file"; exit 77; }
if [ -e "$file" ] && [ "$(stat -c %u "$file")" != "$(id -u)" ]; then exit 90; fi
received=$folder/.relock-received.$$ edited=$folder/.relock-edited.$$
trap 'rm -f "$received" "$edited"' EXIT
exec 9< "$folder" || exit 77
begin
said=$( { head -c "$size" > "$received"; } 2>&1 ) || { reason "$said"; exit 78; }
row last
[ "$last" = relock-end ] && [ "$(wc -c < "$received")" -eq "$size" ] || exit 78
# Not every network file system locks folders; the comparison below still holds.
flock -w 10 9 2>/dev/null
[ "$(digest)" = "$digest" ] || exit 75
if [ -e "$file" ]; then
  mode=$(stat -c %a "$file")
  said=$( { cp -p "$file" "$edited" && chmod u+w "$edited" && cat "$received" > "$edited" && chmod "$mode" "$edited"; } 2>&1 ) ||
    { reason "$said"; exit 77; }
  [ "$(stat -c '%u %g %a' "$edited")" = "$(stat -c '%u %g %a' "$file")" ] || exit 90
else
  said=$( { cat "$received" > "$edited"; } 2>&1 ) || { reason "$said"; exit 77; }
fi
sync "$edited" 2>/dev/null
said=$(mv -f "$edited" "$file" 2>&1) || { [ "$(digest)" = "$digest" ] && reason "$said"; exit 74; }
# The new name as well: a power failure right after must not bring back a key that was seen refused.
sync "$folder" 2>/dev/null
exit 0
`;

export interface KeyFileScripts {
  readonly read: RootScript;
  readonly look: RootScript;
  write(digest: string, size: number): RootScript;
}

/** For the account itself. */
export function ownKeyFile(path: string): KeyFileScripts {
  return {
    read: { body: readBody, args: [path] },
    look: { body: lookBody, args: [path] },
    write: (digest, size) => ({ body: writeBody, args: [path, digest, String(size)] }),
  };
}

/** For a management login. */
export function managedKeyFile(path: string): KeyFileScripts {
  return {
    read: { body: chooseOwner + readAsAccount, args: [prelude + readBody, path] },
    look: { body: chooseOwner + lookAsRoot, args: [prelude + lookBody, path] },
    write: (digest, size) => ({
      body: chooseOwner + writeAsRoot,
      args: [prelude + writeBody, path, digest, String(size)],
    }),
  };
}

/** What `writeBody` reads: the file, and a line that shows that all of it came. */
export function writeInput(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.from('relock-end\n')]);
}

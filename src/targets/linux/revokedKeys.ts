import type { RootScript } from './remoteScript.js';
import { askSshd } from './sshdRules.js';

/**
 * The list of keys that sshd lets in nowhere, also not with a certificate (`RevokedKeys`): text, a key a line, or a KRL, to which
 * keys can only be added. Only a list that root alone may write is edited, in one step, and it keeps owner and mode: sshd lets no
 * key in at all while it cannot read it. `$key`: type and key, without a comment.
 *
 * The newest key that relock let in is never revoked: it is taken out by an undo alone, may be wanted after all, and nobody but
 * the vault ever had it. Which one that is, is kept in a file of root's.
 */
const findList = `key=$2
need flock cp mv head stat readlink
${askSshd}list=$(rule revokedkeys)
case $list in /*) ;; *) begin; exit 0 ;; esac
list=$(readlink -f "$list") && [ -f "$list" ] || exit 93
folder=\${list%/*}/ edited=\${list%/*}/.relock-edited.$$ asked=\${list%/*}/.relock-key.$$
for each in "$folder" "$list"; do case $(stat -c '%u %A' "$each") in '0 '?????-??-?) ;; *) exit 93 ;; esac; done
trap 'rm -f "$edited" "$asked"' EXIT
isBinary() { [ "$(head -c 6 "$1" | tr -d '\\0')" = SSHKRL ]; }
has() {
  if isBinary "$1"; then
    printf '%s\\n' "$key" > "$asked" || exit 91
    ! ssh-keygen -Q -f "$1" "$asked" >/dev/null 2>&1
  else awk -v blob="\${key#* }" '$1 !~ /^#/ { for (i = 1; i <= NF; i++) if ($i == blob) found = 1 } END { exit !found }' "$1"; fi
}
newest=/etc/relock/newest-key/$account
exec 9< "$folder" || exit 91
`;

/** In the place of a comment: what relock put there, it may take out again. */
const mark = 'revoked-by-relock';

const addBody = `${findList}begin
[ "$(cat "$newest" 2>/dev/null)" != "$key" ] || exit 0
flock -w 10 9 2>/dev/null
has "$list" && exit 0
cp -p "$list" "$edited" || exit 91
if isBinary "$edited"; then
  need ssh-keygen
  printf '%s\\n' "$key" | ssh-keygen -q -k -u -f "$edited" - >/dev/null 2>&1 || exit 91
else
  [ -z "$(tail -c 1 "$edited")" ] || echo >> "$edited"
  printf '%s ${mark}\\n' "$key" >> "$edited" || exit 91
fi
has "$edited" || exit 91
sync "$edited" 2>/dev/null
mv -f "$edited" "$list" || exit 91
sync "$folder" 2>/dev/null
exit 0
`;

const takeOutBody = `${findList}has "$list" && isBinary "$list" && exit 92
begin
said=$( { mkdir -p -m 700 /etc/relock /etc/relock/newest-key && printf '%s\\n' "$key" > "$newest"; } 2>&1 ) || { reason "$said"; refuse notPermitted; }
has "$list" || exit 0
flock -w 10 9 2>/dev/null
cp -p "$list" "$edited" || exit 92
awk -v mine="$key ${mark}" '$0 != mine' "$list" > "$edited" || exit 92
has "$edited" && exit 92
sync "$edited" 2>/dev/null
mv -f "$edited" "$list" || exit 92
sync "$folder" 2>/dev/null
exit 0
`;

/** Changes nothing: whether the list is such that it can be edited. */
export const lookAtList: RootScript = { body: `${findList}begin\nexit 0\n`, args: [''] };

/** Where sshd keeps no such list, nothing is done. */
export function revokeKey(key: string): RootScript {
  return { body: addBody, args: [key] };
}

/** For a key that is to be let in: what relock revoked of it before is taken back. */
export function letIn(key: string): RootScript {
  return { body: takeOutBody, args: [key] };
}

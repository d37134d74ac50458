import type { RootScript } from './remoteScript.js';
import { askSshd } from './sshdRules.js';

/**
 * Tells the host's uptime in seconds; input: the uptime before which sessions are to end. Ended is what is proven to come from a
 * login of this account: what hangs below an SSH daemon's process for it (OpenSSH writes the account's name into that), or was
 * left behind by one (no parent, but a login's audit id). Never a daemon, nor what another daemon's session runs. Of root only the
 * session itself and its shell end, for whatever root starts may be a service of the machine. What may come from a login and
 * cannot be told from a service is left, and printed: `left`, then process ids. `certificates`: sshd takes those of users, and nobody revokes the key below them.
 */
export function endAccountSessions(options: { readonly revokes: boolean }): RootScript {
  return { args: [options.revokes ? 'revokes' : 'leaves'], body };
}

const body = `revokes=$2
need cat kill
uid=$(user 3)
# Where logins get an audit id, this very one has that of who logged in.
records=no; [ "$(cat /proc/self/loginuid 2>/dev/null)" = "\${SUDO_UID:-0}" ] && records=yes
read -r uptime idle < /proc/uptime
begin "$uptime"
row limit
ticks=$(getconf CLK_TCK 2>/dev/null || echo 100)
titles() { for each in /proc/[0-9]*; do
  read -r name < "$each/comm" || continue
  case $name in sshd*|dropbear*) printf 'Title: %s %s\\n' "\${each#/proc/}" "$(tr '\\0' ' ' < "$each/cmdline")" ;; esac
done 2>/dev/null; }
victims=$( { titles; cat /proc/[0-9]*/status /proc/[0-9]*/stat 2>/dev/null; } |
  awk -v uid="$uid" -v limit="$limit" -v ticks="$ticks" -v account="$(user 1)" '
  $1 == "Title:" { id = $2; sub(/^Title: [0-9]+ /, ""); title[id] = $0; next }
  $1 == "Name:" { name = $2 }
  $1 == "Pid:" { pid = $2; names[pid] = name }
  $1 == "PPid:" { parent[pid] = $2 }
  $1 == "Uid:" { owner[pid] = $2 }
  /^[0-9]+ \\(/ { id = $1; sub(/^.*\\) /, ""); started[id] = $20 / ticks }
  function named(id,  text) {
    text = title[id]
    if (!sub(/^sshd(-session)?: /, "", text)) return ""
    sub(/[ @].*$/, "", text)
    return text
  }
  END {
    for (id in owner) {
      if (owner[id] != uid) continue
      at = id; head = ""; foreign = 0
      while (at in owner) {
        if (at in title) {
          if (named(at) == account && title[at] !~ /\\[(priv|listener)/) { head = at; break }
          if (names[at] ~ /^dropbear/ && last != "" && uid != 0 && owner[last] == uid) { head = last; break }
          if (at != id || title[at] != "") { foreign = 1; break }
        }
        last = at; at = parent[at]
      }
      last = ""
      if (foreign) continue
      if (head != "") {
        if (started[head] >= limit) continue
        if (uid != 0 || id == head || parent[id] == head) print id, "session"
        else print id, "kept"
      } else {
        top = id
        while ((parent[top] in owner) && owner[parent[top]] == uid && parent[top] > 1) top = parent[top]
        if (started[top] < limit && (parent[top] <= 1 || !(parent[top] in owner))) print id, "orphan"
      }
    }
  }')
isService() { grep -q '[.]service' "/proc/$1/cgroup" 2>/dev/null && ! grep -q 'user@\\|session-' "/proc/$1/cgroup"; }
left=
while read -r id kind; do
  [ -n "$id" ] || continue
  if [ "$kind" = orphan ]; then
    isService "$id" && continue
    by=$(cat "/proc/$id/loginuid" 2>/dev/null)
    if [ "$by" = "$uid" ]; then { [ "$uid" = 0 ] || [ "$(twins)" != 0 ]; } && kind=kept
    elif [ $records = no ] && [ "$uid" != 0 ]; then kind=kept
    else continue; fi
  fi
  if [ "$kind" = kept ]; then left="$left $id"; else kill -9 "$id" 2>/dev/null; fi
done <<END
$victims
END
[ -z "$left" ] || echo "left$left"
${askSshd}case $(rule trustedusercakeys) in none|'') exit 0 ;; esac
case $revokes$(rule revokedkeys) in revokes/*) ;; *) echo certificates ;; esac
exit 0
`;

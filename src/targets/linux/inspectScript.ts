import type { RootScript } from './remoteScript.js';
import { askSshd } from './sshdRules.js';

/**
 * Prints what keeps the account from logging in whatever its secret, one word of `obstacles.ts` a line; `open` where nothing is
 * known to. What sshd lets in is asked of the very daemon that this session came through, by `sshd -T`; where that cannot be
 * found, nothing is said of it.
 */
const body = `path=$2
[ "$(holder)" != here ] || need usermod chage
begin
holder
line=$(shadow 0 2>/dev/null) || line=$(getent shadow "$account" 2>/dev/null)
aging() { printf '%s\\n' "$line" | cut -d: -f"$1"; }
today=$(($(date +%s) / 86400))
uid=$(user 3) home=$(user 6)
expires=$(aging 8) changed=$(aging 3) most=$(aging 5) idle=$(aging 7) least=$(aging 4)
if [ -n "$expires" ] && [ "$expires" -le "$today" ]; then echo expired
else case $(aging 2) in '!'?*) echo locked ;; *) echo open ;; esac
fi
if [ -n "$idle" ] && [ -n "$most" ] && [ -n "$changed" ] && [ "$most" -lt 99999 ] &&
  [ $((changed + most + idle)) -lt "$today" ]; then echo inactive; fi
if [ -n "$least" ] && [ -n "$changed" ] && [ "$least" -gt 0 ] && [ $((changed + least)) -gt "$today" ]; then echo young; fi
if [ "$uid" != 0 ]; then for file in /etc/nologin /run/nologin /var/run/nologin; do
  [ -e "$file" ] && { echo nologin; break; }
done; fi
[ "$(twins)" = 0 ] || echo twin
command -v chpasswd >/dev/null 2>&1 || echo noChpasswd
[ "$(holder)" != here ] || barrier /etc /etc/shadow f 1
${askSshd}[ -n "$rules" ] || exit 0
fits() { set -f; for pattern in $1; do
  case $2 in ($pattern) set +f; return 0 ;; esac
done; set +f; return 1; }
users() { rule "$1" | sed 's/@.*//'; }
whole() { rule "$1" | grep -v @; }
groups=$(id -Gn "$account")
amongGroups() { for group in $groups; do fits "$1" "$group" && return 0; done; return 1; }
fits "$(whole denyusers)" "$account" && echo deniedUser
[ -n "$(rule allowusers)" ] && ! fits "$(users allowusers)" "$account" && echo otherUsers
amongGroups "$(rule denygroups)" && echo deniedGroup
[ -n "$(rule allowgroups)" ] && ! amongGroups "$(rule allowgroups)" && echo otherGroups
if [ "$uid" = 0 ]; then case $(rule permitrootlogin) in
  no) echo noRoot ;;
  prohibit-password|without-password|forced-commands-only) echo noRootPassword ;;
esac; fi
[ "$(rule passwordauthentication)" = no ] && [ "$(rule kbdinteractiveauthentication)" = no ] && echo noPasswords
[ "$(rule pubkeyauthentication)" = no ] && echo noKeys
case $(rule authenticationmethods) in *,*) echo severalMethods ;; esac
case $(rule trustedusercakeys) in none|'') ;; *) case $(rule revokedkeys) in /*) echo revocable ;; *) echo certificates ;; esac ;; esac
# What sshd looks at before it reads a key file: that file and all above it, up to the home or the root.
case $path in /*) at=$path ;; *) at=$home/$path ;; esac
file=$at
# Debian's sshd does not mind a group that has nobody else in it.
alone() { [ -e /etc/debian_version ] && getent group "$(stat -Lc %g "$1")" | awk -F: -v name="$account" '$4 != "" && $4 != name { exit 1 }'; }
if [ "$(rule strictmodes)" = yes ]; then
  until [ -e "\${at:-/}" ]; do at=\${at%/*}; done
  at=$(readlink -f "\${at:-/}") top=$(readlink -f "$home")
  while :; do
    case $(stat -c %u "$at" 2>/dev/null) in 0|"$uid"|'') ;; *) echo owners; break ;; esac
    case $(stat -c %A "$at" 2>/dev/null) in
      ????????w*) echo modes; break ;;
      ?????w*) alone "$at" || { echo modes; break; } ;;
    esac
    [ "$at" != "$top" ] && [ "$at" != / ] || break
    at=\${at%/*}; at=\${at:-/}
  done
fi
[ ! -e "$file" ] || ! command -v setpriv >/dev/null || setpriv --reuid="$uid" --regid="$(user 4)" --init-groups test -r "$file" || echo unreadable
exit 0
`;

/** `keyFile`: its path, or relative to the home. */
export function inspectAccount(keyFile: string): RootScript {
  return { body, args: [keyFile] };
}

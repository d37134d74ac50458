import type { RootScript } from './remoteScript.js';

/** In the words of the check before a change and of the change alike. */
export const tooYoung =
  'the password was changed too recently for the account to change it itself (minimum age); nothing was changed. Give the target a management login, lower the minimum age (chage -m), or try again when it is over';

/**
 * As the account itself: prints why nobody could write passwords there, and `young` where `passwd` would say that this one is too
 * young. Counted as PAM does, in days of UTC. Where `chage` is not there, or tells an account nothing, neither does this.
 */
export const lookAtOwnPassword: RootScript = {
  body: `begin
barrier /etc /etc/shadow f 1 blind
[ "$(id -u)" != 0 ] || exit 0
said=$(chage -l "$account" 2>/dev/null </dev/null) || exit 0
aged() { printf '%s\\n' "$said" | awk -F: -v name="$1" 'index($1, name) == 1 { sub(/^ */, "", $2); print $2 }'; }
least=$(aged 'Minimum number of days') changed=$(aged 'Last password change')
case $least in ''|*[!0-9]*) exit 0 ;; esac
changed=$(date -u -d "$changed" +%s 2>/dev/null) || exit 0
[ $((changed / 86400 + least)) -gt $(($(date +%s) / 86400)) ] && echo young
exit 0
`,
};

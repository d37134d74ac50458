import type { RootScript } from './remoteScript.js';

/**
 * Lets the account expire in 1970, which PAM looks at for passwords and keys alike, and which tells the right secret
 * (`barred`) from a wrong one (`rejected`). With the argument `lock` also locks the password, for servers that do not
 * look at expiry. What was there before is kept in a file of root's next to the account data, for `reinstate`.
 */
export function suspendAccount(options: { readonly lock: boolean }): RootScript {
  return { args: [options.lock ? 'lock' : 'expire'], body: suspendBody };
}

const suspendBody = `ours
need usermod chage
begin
refuse "$(barrier /etc /etc/shadow f 1)"
kept=/etc/relock/suspended/$account
if [ ! -e "$kept" ]; then
  mkdir -p -m 700 /etc/relock /etc/relock/suspended 2>/dev/null || { why /etc /etc/shadow; exit 74; }
  locked=no
  case $(shadow 2) in '!'*) locked=yes ;; esac
  printf '%s %s\\n' "$locked" "$(shadow 8)" > "$kept.new" && mv -f "$kept.new" "$kept" ||
    { rm -f "$kept.new"; why /etc/relock/suspended "$kept"; exit 74; }
fi
chage -E 1 "$account" >/dev/null 2>&1
[ "$(shadow 8)" = 1 ] || { why /etc /etc/shadow; exit 74; }
[ "$2" = lock ] || exit 0
usermod -L "$account" >/dev/null 2>&1
case $(shadow 2) in '!'*) exit 0 ;; *) exit 74 ;; esac
`;

/** Puts back what `suspendAccount` kept. Without it, the account was not suspended by relock: nothing to do. */
export const reinstateAccount: RootScript = {
  body: `kept=/etc/relock/suspended/$account
[ ! -e "$kept" ] || { ours; need usermod chage; }
begin
[ -e "$kept" ] || exit 0
refuse "$(barrier /etc /etc/shadow f 1)"
read -r locked expires < "$kept"
if [ "$locked" = no ]; then
  case $(shadow 2) in '!'?*) usermod -U "$account" >/dev/null 2>&1 || exit 74 ;; esac
fi
chage -E "\${expires:--1}" "$account" >/dev/null 2>&1 || exit 74
[ "$(shadow 8)" = "$expires" ] || exit 74
rm -f "$kept" || exit 74
exit 0
`,
};

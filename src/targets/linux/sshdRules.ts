/**
 * Shell text that asks the very sshd that this session came through what it lets in (`sshd -T`), for this account from this
 * client. Then `rule NAME` prints the values of one setting; `$rules` is empty where that daemon cannot be found or asked.
 */
export const askSshd = `daemon=$(at=$$; while [ "$at" -gt 1 ]; do
  line=$(tr '\\0' ' ' < "/proc/$at/cmdline" 2>/dev/null)
  case $line in 'sshd: '*'[listener]'*) line=\${line#sshd: }; echo "\${line% \\[listener\\]*}"; break ;;
  */sshd\\ *) echo "$line"; break ;; esac
  at=$(awk '$1 == "PPid:" { print $2 }' "/proc/$at/status" 2>/dev/null) || break
  [ -n "$at" ] || break
done)
set -- $daemon
program=\${1:-} file=
while [ $# -gt 0 ]; do case $1 in -f) file=\${2:-} ;; -f?*) file=\${1#-f} ;; esac; shift; done
client=\${SSH_CLIENT:-127.0.0.1}; client=\${client%% *}
rules=
case $program in */sshd)
  rules=$("$program" -T \${file:+-f "$file"} -C "user=$account,host=$client,addr=$client" 2>/dev/null) ;;
esac
rule() { printf '%s\\n' "$rules" | awk -v name="$1" '$1 == name { $1 = ""; sub(/^ /, ""); print }'; }
`;

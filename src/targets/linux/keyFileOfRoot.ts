/**
 * Whether the account itself may replace the file, with the owner and group that it has. Argument: its path. Where nothing is
 * there yet, the nearest folder decides.
 */
const isMine = `at=$1
if [ -e "$at" ]; then
  at=$(readlink -f "$at")
  [ "$(stat -c %u "$at")" = "$(id -u)" ] || exit 1
  case " $(id -G) " in *" $(stat -c %g "$at") "*) ;; *) exit 1 ;; esac
fi
at=\${at%/*}
until [ -e "\${at:-/}" ]; do at=\${at%/*}; done
[ -w "\${at:-/}" ]`;

/**
 * In its own folder, with a file of its own, relock acts as the account itself, whatever links it has made. Else as root, from
 * inside of the folder: it is reached without a link that anybody but root could have made, for a path that the account has
 * turned elsewhere must get no root to write there. Owner and mode must be such as sshd takes (StrictModes).
 *
 * Arguments: what to do as the account, path, then its own. Leaves `file`, the path, and `name`, the file in this folder.
 */
export const chooseOwner = `need setpriv stat id readlink sha256sum
body=$2
shift 2
home=$(user 6) uid=$(user 3) gid=$(user 4)
HOME=$home; export HOME
as="setpriv --reuid=$uid --regid=$gid --init-groups"
case $1 in /*) file=$1 ;; *) file=$home/$1 ;; esac
if $as sh -c '${isMine}' relock "$file"; then exec $as sh -c "$body" relock "$account" "$@"; fi
rest=$file safe=yes hops=0
cd / || exit 77
while :; do
  case $rest in /*) rest=\${rest#/}; continue ;; esac
  name=\${rest%%/*}
  if [ -L "$name" ]; then
    [ $safe = yes ] && [ $hops -lt 40 ] || exit 88
    hops=$((hops + 1)) to=$(readlink "$name")
    case $to in /*) cd / ;; esac
    case $rest in */*) rest=$to/\${rest#*/} ;; *) rest=$to ;; esac
    continue
  fi
  case $rest in */*) rest=\${rest#*/} ;; *) break ;; esac
  case $name in
    .) continue ;;
    ..) [ $safe = yes ] && cd -P .. || exit 88; continue ;;
  esac
  here=$(pwd -P)
  cd -P "./$name" 2>/dev/null || exit 77
  [ "$(pwd -P)" = "\${here%/}/$name" ] || exit 88
  case $(stat -c '%u %A' .) in '0 '?????-??-?) ;; *) safe=no ;; esac
done
sound() { case $(stat -c '%u %A' "$1") in "0 $2"????-??-?|"$uid $2"????-??-?) ;; *) exit 87 ;; esac; }
sound . d
if [ -e "$name" ]; then
  sound "$name" -
  $as test -r "$file" || exit 89
fi
`;

/** sshd reads the file as the account. So does relock: root would read whatever a link leads to. */
export const readAsAccount = `exec $as sh -c "$body" relock "$account" "$@"
`;

/**
 * As the account's own way of writing, with the same input, but with the owner and mode that the file has. The new file is root's
 * from its first byte, and is changed through its descriptor: in a folder of the account each name may be another file by now.
 */
export const writeAsRoot = `need flock head wc chown chmod mv
digest=$2 size=$3 edited=./.relock-edited.$$
if [ -e "$name" ]; then owner=$(stat -c %u:%g "$name") mode=$(stat -c %a "$name")
elif [ "$(stat -c %u .)" = 0 ]; then owner=0:0 mode=644
else owner=$uid:$gid mode=600; fi
digest() { $as sh -c 'if [ -e "$1" ]; then sha256sum < "$1" | cut -d" " -f1; else echo absent; fi' relock "$file"; }
trap 'rm -f "$edited"' EXIT
exec 9< . || exit 77
begin
said=$( exec 2>&1; set -C; exec 8> "$edited"
  head -c "$size" >&8 || exit 1
  [ "$(wc -c < /proc/self/fd/8)" -eq "$size" ] || exit 78
  chown "$owner" /proc/self/fd/8 && chmod "$mode" /proc/self/fd/8 ) || { status=$?; reason "$said"; [ $status = 78 ] && exit 78; exit 77; }
row last
[ "$last" = relock-end ] || exit 78
flock -w 10 9 2>/dev/null
[ "$(digest)" = "$digest" ] || exit 75
sync "$edited" 2>/dev/null
# Not into a folder, should a link to one stand there by now.
said=$(mv -f -T "$edited" "$name" 2>&1) || { [ "$(digest)" = "$digest" ] && reason "$said"; exit 74; }
sync . 2>/dev/null
exit 0
`;

/** Prints why it could not be written so, as far as that can be seen without a write. */
export const lookAsRoot = `begin
barrier . "./$name" f 1
exit 0
`;

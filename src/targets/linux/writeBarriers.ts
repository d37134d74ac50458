/** Why the system takes no write, in the words of check and change alike. */
export const writeRefusals = {
  full: 'no space is left on the file system there, or no inode; nothing was changed. Make room, then try again',
  quota: 'the disk quota there is used up; nothing was changed. Raise it or make room, then try again',
  readOnly:
    'the file system there is read-only; nothing was changed. Let its owner mount it for writing, then try again',
  notPermitted:
    'the system does not permit the write (an immutable file or folder, or a security policy); nothing was changed. Look at lsattr and the audit log',
  denied:
    'the system denies the write (rights of the folder, or a security policy); nothing was changed. Look at the rights and the audit log',
} as const;
export type WriteRefusal = keyof typeof writeRefusals;

/** The word that `barrier` printed, alone or among others; null: nothing was seen in the way. */
export function barrierOf(words: readonly string[]): WriteRefusal | null {
  return words.find(isRefusal) ?? null;
}

function isRefusal(word: string): word is WriteRefusal {
  return Object.hasOwn(writeRefusals, word);
}

/** Exit codes of scripts that a write refusal ended. */
export const refusalCodes: Readonly<Record<WriteRefusal, number>> = {
  full: 80,
  quota: 81,
  readOnly: 82,
  notPermitted: 83,
  denied: 84,
};

const exits = Object.entries(refusalCodes)
  .map(([word, code]) => `${word}) exit ${code} ;;`)
  .join(' ');

/**
 * Shell functions. `barrier FOLDER FILE FREE COPIES` writes nothing, and prints why so many copies of the file could not be made in
 * that folder, one of which then takes its place. FREE: `a`, the blocks that are left for everybody, or `f`, for root. With a fifth
 * word the folder's rights are not looked at: another program has others. A used-up quota is not seen so.
 * `reason` ends the script by what the system said of a write that failed; `why` asks it by one more write beside that file.
 */
export const writeBarriers = `barrier() {
  case ,$(findmnt -n -o OPTIONS -T "$1" 2>/dev/null | tail -n 1), in *,ro,*) echo readOnly; return ;; esac
  case $(lsattr -d "$1" "$2" 2>/dev/null | cut -d' ' -f1) in *[ai]*) echo notPermitted; return ;; esac
  [ $# -gt 4 ] || [ -w "$1" ] || { echo denied; return; }
  set -- "$4" "$(stat -Lc %s "$2" 2>/dev/null || echo 0)" $(stat -f -c "%S %$3 %b %c %d" "$1" 2>/dev/null)
  [ $# = 7 ] || return
  if [ "$5" -gt 0 ] && [ "$4" -lt $(($1 * ($2 / $3 + 1))) ]; then echo full
  elif [ "$6" -gt 0 ] && [ "$7" -lt "$1" ]; then echo full; fi
}
refuse() { case $1 in ${exits} esac; }
reason() { case $1 in
  *'No space left'*) refuse full ;; *[Qq]uota*) refuse quota ;; *'Read-only file system'*) refuse readOnly ;;
  *'not permitted'*) refuse notPermitted ;; *'Permission denied'*) refuse denied ;; esac; }
why() { trial=$1/.relock-trial.$$
  said=$( { head -c 65536 /dev/zero > "$trial" && mv -f "$trial" "$trial.moved"; } 2>&1 )
  rm -f "$trial" "$trial.moved"; reason "$said"; refuse "$(barrier "$1" "$2" f 1)"; }
`;

import type { EffectContext } from '../../contracts/context.js';
import type { Login } from '../../contracts/targetDriver.js';
import type { ErrorCode } from '../../model/errors.js';
import type { ExecOptions, ExecResult, Input } from '../../transport/ssh/command.js';
import type { SshSession } from '../../transport/ssh/session.js';
import type { LinuxSettings } from './settings.js';
import { packed, printReady, quoted, type ShellCommand, shellCommand } from './shellCommand.js';
import { refusalCodes, writeBarriers, writeRefusals } from './writeBarriers.js';

/** The line before a script's own input. A script whose input ends early does nothing: the connection broke, or the time was over. */
export const beginMark = 'relock-begin';
const sudoPrompt = 'relock-sudo>';

/** Larger files are not edited: they are no list of keys that anybody wrote. */
export const maxKeyFileBytes = 4 * 1024 * 1024;
export const tooBig = `the key file is larger than ${maxKeyFileBytes / 1024 / 1024} MB, and relock edits none of that size; nothing was changed. Take out of it what nobody uses`;

/** Also what `check` says of such an account, before anything was tried. */
export const heldElsewhere =
  'its password is not kept on this host: /etc/shadow has no line of the account, because a directory or another source in /etc/nsswitch.conf holds it, and relock can neither set it nor suspend the account from here; nothing was changed. Let whoever runs that directory do it, and take the password out of this target';
export const unshadowed =
  'its password is not kept where relock sets it: /etc/passwd has the account, and /etc/shadow has no line of it; nothing was changed. Make that line (pwconv), or rotate it by hand';

export const notInstalled =
  'a program that this needs is not installed there (shadow-utils, util-linux, awk); nothing was changed. Install it';
export const unreadable =
  'sshd reads its key file as the account, which may not read it; nothing was changed. Let it read the file and search the folders above (chmod)';

/**
 * Exit codes of all scripts, and whether each proves that nothing was changed. Everything else is unknown once input
 * was sent.
 */
const outcomes: Readonly<Record<number, { code: ErrorCode; noEffect: boolean; text: string }>> = {
  71: {
    code: 'Unauthorized',
    noEffect: true,
    text: 'the management login is not root there, also not by sudo; nothing was changed. Give it the rights, or use another login',
  },
  72: {
    code: 'NotFound',
    noEffect: true,
    text: 'the account does not exist there, or not exactly once, or the directory that holds it gives no answer; nothing was changed. Check its name, the target and its /etc/nsswitch.conf',
  },
  73: {
    code: 'Refused',
    noEffect: true,
    text: "the system refused the new secret, and still has the one before. Look at the password rules there (PAM's log says why)",
  },
  74: {
    code: 'Refused',
    noEffect: false,
    text: 'the system reported a failure in the middle of the change. Probe the account, and look at its log',
  },
  75: {
    code: 'Conflict',
    noEffect: true,
    text: 'somebody else changed the same file meanwhile; nothing was changed. Try again',
  },
  76: {
    code: 'Unsupported',
    noEffect: true,
    text: notInstalled,
  },
  78: {
    code: 'Timeout',
    noEffect: true,
    text: 'the connection ended before the change was sent in full; nothing was changed. Try again',
  },
  [refusalCodes.full]: { code: 'Refused', noEffect: true, text: writeRefusals.full },
  [refusalCodes.quota]: { code: 'Refused', noEffect: true, text: writeRefusals.quota },
  [refusalCodes.readOnly]: { code: 'Refused', noEffect: true, text: writeRefusals.readOnly },
  [refusalCodes.notPermitted]: { code: 'Refused', noEffect: true, text: writeRefusals.notPermitted },
  [refusalCodes.denied]: { code: 'Refused', noEffect: true, text: writeRefusals.denied },
  79: {
    code: 'Unsupported',
    noEffect: true,
    text: tooBig,
  },
  85: {
    code: 'Unsupported',
    noEffect: true,
    text: heldElsewhere,
  },
  86: {
    code: 'Unsupported',
    noEffect: true,
    text: unshadowed,
  },
  77: {
    code: 'Misconfigured',
    noEffect: true,
    text: 'the key file or its folder is not where the settings say, or cannot be written there; nothing was changed. Check `authorizedKeysFile`, and what is at that path',
  },
  87: {
    code: 'Misconfigured',
    noEffect: true,
    text: 'its key file or the folder of it belongs to neither the account nor root, or others may write there, and relock does not; nothing was changed. Give it to the account or to root (chown), and take that right away (chmod go-w)',
  },
  88: {
    code: 'Misconfigured',
    noEffect: true,
    text: 'a symbolic link that the account may turn elsewhere leads to its key file, and that or its folder is not its own, so relock does not write there; nothing was changed. Name the real path (`authorizedKeysFile`), or give the file and its folder to the account',
  },
  89: { code: 'Misconfigured', noEffect: true, text: unreadable },
  91: {
    code: 'Refused',
    noEffect: false,
    text: 'the old key could not be put into the list of revoked keys (RevokedKeys of sshd), so a certificate over it still opens the account. Look at that file and its folder, then try again',
  },
  93: {
    code: 'Misconfigured',
    noEffect: true,
    text: 'the list of revoked keys (RevokedKeys of sshd) or its folder is missing, or may be written by others than root, and relock does not edit such a list. Give both to root (chown), and take that right away (chmod go-w)',
  },
  92: {
    code: 'Refused',
    noEffect: true,
    text: 'the new key is in the list of revoked keys there (RevokedKeys of sshd), and relock cannot take it out: somebody else put it there, or the list is a KRL, to which keys can only be added; nothing was changed. Use another key, or take it out of that list',
  },
  90: {
    code: 'Misconfigured',
    noEffect: true,
    text: 'the key file has another owner or group than the account, which cannot keep them; nothing was changed. Give the target a management login',
  },
};

/**
 * What every script begins with: `begin` says that it is ready and waits for its input, `row` reads one line of it.
 */
export const prelude = `set -u
LC_ALL=C; export LC_ALL; umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH; export PATH
account=$1
need() { for each in "$@"; do command -v "$each" >/dev/null 2>&1 || exit 76; done; }
row() { IFS= read -r "$1" || exit 78; }
begin() { ${printReady}; while row line; do [ "$line" = ${beginMark} ] && break; done; }
${writeBarriers}shadow() { awk -F: -v name="$account" -v field="$1" '$1 "" == name { print $field; rows++ } END { exit rows != 1 }' /etc/shadow; }
`;

/**
 * `user` prints a field of the account as the system knows it, whoever holds it; `shadow` only what this host keeps of it. `ours`
 * ends a script that needs the latter, where there is none. A name of digits only would be a uid to getent.
 */
const rootPrelude = `${prelude}[ "$(id -u)" = 0 ] || exit 71
need awk
inPasswd() { awk -F: -v name="$account" '$1 "" == name { print; exit }' /etc/passwd; }
entry=
case $account in *[!0-9]*) entry=$(getent passwd "$account" 2>/dev/null) ;; esac
[ -n "$entry" ] || entry=$(inPasswd)
[ -n "$entry" ] || exit 72
[ "$(awk -F: -v name="$account" '$1 "" == name' /etc/shadow 2>/dev/null | wc -l)" -le 1 ] || exit 72
user() { printf '%s\\n' "$entry" | cut -d: -f"$1"; }
twins() { getent passwd | awk -F: -v name="$(user 1)" -v uid="$(user 3)" '$3 == uid && $1 "" != name { n++ } END { print n + 0 }'; }
holder() { if shadow 1 >/dev/null 2>&1; then echo here; elif [ -n "$(inPasswd)" ]; then echo unshadowed; else echo elsewhere; fi; }
ours() { case $(holder) in elsewhere) exit 85 ;; unshadowed) exit 86 ;; esac; }
`;

/** A script for `/bin/sh`, as root: by the management login, or through its sudo. */
export interface RootScript {
  /** Calls `begin` once before it changes anything, and reads its input after it. */
  readonly body: string;
  /** Further arguments, from `$2` on; no secrets. */
  readonly args?: readonly string[];
}

function needsSudo(via: Login): boolean {
  return via.account !== 'root';
}

function sudoOf(settings: LinuxSettings, via: Login): string {
  if (!needsSudo(via)) return '';
  return settings.sudo === 'password' ? `sudo -S -p ${quoted(sudoPrompt)} ` : 'sudo -n ';
}

interface Work {
  /** What the script reads after `begin`; gets the words that it gave to `begin`. */
  readonly input?: (words: readonly string[]) => Input;
  /** Absent: the script changes nothing. */
  readonly effect?: EffectContext;
  /** How much the script may print, where that is much. */
  readonly mostBytes?: number;
}

/** How a command is run: sudo may ask for a password, and may want a terminal. */
type Way = Pick<ExecOptions, 'ask' | 'terminal'>;

function sudoAsk(settings: LinuxSettings, via: Login): Way {
  if (!needsSudo(via) || settings.sudo !== 'password') return {};
  const answer = via.secret.has('password') ? `${via.secret.reveal('password')}\n` : null;
  return { ask: { prompt: sudoPrompt, answer } };
}

async function run(session: SshSession, command: ShellCommand, way: Way, work: Work): Promise<ExecResult> {
  const { input, ...limits } = work;
  return session.exec(command.text, {
    ...way,
    ...limits,
    readyMark: command.mark,
    whenReady: (line) => {
      const given = input?.(line.split(' ').slice(1)) ?? '';
      return Buffer.concat([Buffer.from(`${beginMark}\n`), Buffer.from(given)]);
    },
  });
}

const wantsTerminal = /^sudo: sorry, you must have a tty to run sudo\r?$/m;

/** Where sudo wants a terminal (`requiretty`), it gets one; on a terminal stderr comes with the rest. */
async function runBySudo(session: SshSession, command: ShellCommand, way: Way, work: Work): Promise<ExecResult> {
  const result = await run(session, command, way, work);
  if (result.started || !wantsTerminal.test(result.stderr)) return result;
  const again = await run(session, command, { ...way, terminal: true }, work);
  return again.started ? again : { ...again, stderr: again.stdout.toString('utf8') };
}

/** What sshd and sudo say on a line of their own when they start nothing. Only what a person is told depends on it. */
const startFailures: readonly { readonly says: RegExp; readonly code: ErrorCode; readonly text: string }[] = [
  {
    says: /^(?:Password change required but no TTY available\.|sudo: Account or password is expired, reset your password and try again|sudo: Account expired.*)\r?$/m,
    code: 'LockedOut',
    text: 'the password of the management login has expired there, so nothing is run for it, also where it logs in with a key; nothing was changed. Set a new one, or let it never expire (chage -M -1)',
  },
  {
    says: /^sudo: a password is required\r?$/m,
    code: 'Unauthorized',
    text: 'sudo asks the management login for a password there; nothing was changed. Set `sudo: password` for the target, or give the login NOPASSWD',
  },
];

/** Throws unless the script ended with 0. Gives what it printed after the ready line. */
function outputOf(session: SshSession, command: ShellCommand, result: ExecResult): Buffer {
  const outcome = outcomes[result.code ?? -1];
  if (result.code === 0 && result.started && !result.truncated) return afterReadyLine(result.stdout, command.mark);
  if (outcome?.noEffect === true) session.provedNoEffect();
  if (outcome !== undefined) throw session.failure(outcome.code, outcome.text);
  if (result.truncated) {
    const now = result.started ? 'Probe the account' : 'Nothing was changed. Look at what its shell prints at login';
    throw session.failure('Unsupported', `it printed without end, where relock expects a short answer. ${now}`);
  }
  if (!result.started) {
    const known = startFailures.find(({ says }) => says.test(result.stderr));
    if (known !== undefined) throw session.failure(known.code, known.text);
    throw session.failure(
      'Unauthorized',
      'the login could not start a shell with the rights it needs (sudo refused it, or it may only run a fixed command); nothing was changed. Check its shell, its sudo rights and the `sudo` setting',
    );
  }
  throw session.failure('Refused', 'the change ended in a way that relock does not know. Probe the account');
}

function afterReadyLine(stdout: Buffer, mark: string): Buffer {
  return stdout.subarray(stdout.indexOf('\n', stdout.indexOf(mark)) + 1);
}

/** Runs a script as root on a management session. Throws DriverError, with effect `none` up to its ready line. */
export async function runAsRoot(
  session: SshSession,
  options: {
    readonly settings: LinuxSettings;
    readonly via: Login;
    readonly account: string;
    readonly script: RootScript;
  },
  work: Work = {},
): Promise<Buffer> {
  const { settings, via, account, script } = options;
  const { text, mark } = shellCommand(packed(rootPrelude + script.body), [account, ...(script.args ?? [])]);
  const command = { text: sudoOf(settings, via) + text, mark };
  return outputOf(session, command, await runBySudo(session, command, sudoAsk(settings, via), work));
}

/** Runs a script as the account itself. */
export async function runAsSelf(
  session: SshSession,
  options: { readonly account: string; readonly script: RootScript },
  work: Work = {},
): Promise<Buffer> {
  const { account, script } = options;
  const command = shellCommand(packed(prelude + script.body), [account, ...(script.args ?? [])]);
  return outputOf(session, command, await run(session, command, {}, work));
}

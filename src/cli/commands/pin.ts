import type { PinnableTarget } from '../../config/pinTarget.js';
import type { CommandContext, Register } from '../command.js';
import { withDeadline } from '../deadline.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError, ConfigurationError } from '../failures.js';

interface Options {
  readonly write?: boolean;
  readonly replace?: boolean;
}

export const register: Register = (program, cli) => {
  program
    .command('pin')
    .description("show a target's host key, for you to compare; --write puts it into relock.yaml")
    .argument('<target>', 'its id in relock.yaml')
    .option('--write', 'set the pin in relock.yaml; everything else there stays')
    .option('--replace', 'with --write: also where another key is pinned already')
    .action(cli.action((context, target: string, options: Options) => pin(context, target, options)));
};

const fetchMs = 20_000;

async function pin(context: CommandContext, id: string, options: Options): Promise<Outcome> {
  const target = await openTarget(context, id);
  const deadline = { ms: fetchMs, signal: context.signal, now: context.now };
  const shown = await withDeadline(deadline, { driver: 'pin', subject: id }, (call) => target.fetch(call));
  const { host, setting, pinned } = target;
  const state = pinned === shown ? 'same' : pinned === null ? 'new' : 'different';
  if (state === 'different' && options.replace !== true) throw new CommandError(differs(id, target, shown));
  const written = state !== 'same' && options.write === true;
  if (written && !target.write(shown)) throw new CommandError(notWritten(id, target, shown));
  const lines =
    state === 'same'
      ? [`target ${id} at ${host} shows the key that is pinned: ${shown}`]
      : newKey(id, host, shown, written);
  context.out.result({ target: id, host, setting, shown, pinned, written }, lines);
  return 'done';
}

async function openTarget(context: CommandContext, id: string): Promise<PinnableTarget> {
  const { pinnableTarget } = await import('../../config/pinTarget.js');
  const { productRegistries } = await import('../../config/productRegistries.js');
  const { environment, now, configFile } = context;
  const opened = pinnableTarget(configFile, id, { registries: productRegistries, environment, now });
  if ('problems' in opened) throw new ConfigurationError(opened.problems);
  return opened.target;
}

function newKey(id: string, host: string, shown: string, written: boolean): readonly string[] {
  const next = written
    ? 'It is pinned in relock.yaml now; take it out again if the comparison fails.'
    : `If it is the same: relock pin ${id} --write`;
  return [
    `target ${id} at ${host} shows ${shown}`,
    "Nothing proves yet that this is the device's own key. Compare it with its console or its owner's list",
    '(OpenSSH, on the device: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub).',
    next,
  ];
}

function differs(id: string, { host, pinned }: PinnableTarget, shown: string): string {
  return [
    `target ${id} at ${host} shows ${shown}, and ${pinned} is pinned; nothing was changed.`,
    'Either the device was rebuilt, or somebody is between you and it: ask its owner.',
    `Only if its owner says so: relock pin ${id} --write --replace`,
  ].join(' ');
}

function notWritten(id: string, { setting }: PinnableTarget, shown: string): string {
  return `relock.yaml was changed meanwhile, or is written in a way that relock cannot edit; it is as it was. Write it yourself, under targets, ${id}: ${setting}: "${shown}"`;
}

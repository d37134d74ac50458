import type { Finding } from '../check/finding.js';
import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { counted } from '../table.js';

interface Options {
  readonly offline?: boolean;
}

export const register: Register = (program, cli) => {
  program
    .command('check')
    .description('name everything that is wrong: in relock.yaml, then at the vaults and targets; changes nothing')
    .option('--offline', 'relock.yaml only: no network')
    .action(cli.action((context, options: Options) => check(context, options)));
};

async function check(context: CommandContext, options: Options): Promise<Outcome> {
  const estate = await context.estate();
  const sizes = [
    counted(estate.credentials.size, 'credential'),
    counted(estate.targets.size, 'target'),
    counted(estate.vaults.size, 'vault'),
  ];
  const counts = sizes.join(', ');
  if (options.offline === true) {
    context.out.result({ ok: true, findings: [] }, [
      `${counts}: relock.yaml is right; vaults and targets were not asked`,
    ]);
    return 'done';
  }
  const { liveFindings } = await import('../check/liveCheck.js');
  const [{ connectTemporal }, { idKeyFindings, scheduleFindings }] = await Promise.all([
    import('../temporal/connect.js'),
    import('../check/scheduleCheck.js'),
  ]);
  const parts = await Promise.all([
    liveFindings(estate, { signal: context.signal, now: context.now }),
    scheduleFindings(estate, () => connectTemporal(context)),
  ]);
  const findings = [...idKeyFindings(estate), ...parts.flat()];
  const failed = findings.some(({ severity }) => severity === 'error');
  context.out.result({ ok: !failed, findings }, [...findings.map(findingLine), `${counts}: ${verdict(findings)}`]);
  return failed ? 'failed' : 'done';
}

function findingLine({ severity, subject, credentials, message }: Finding): string {
  const shown = credentials.slice(0, 5).join(', ');
  const more = credentials.length > 5 ? ` and ${credentials.length - 5} more` : '';
  return `${severity}: ${subject}: ${message}${shown === '' ? '' : ` [${shown}${more}]`}`;
}

function verdict(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (findings.length === 0) return 'nothing to correct';
  return `${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')}; nothing was changed`;
}

import type { Command } from 'commander';
import type { Cli, CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import type { Decision } from '../incident/decide.js';
import type { OpenOptions } from '../incident/open.js';
import type { ReportOptions } from '../incident/report.js';
import type { DecisionOptions } from '../incident/sendDecision.js';

/** Everything about one vendor's breach; the heavy parts are loaded when a command runs. */
export const register: Register = (program, cli) => {
  const incident = program
    .command('incident')
    .description('rotate everything that is shared with one vendor, and prove it');
  registerOpen(incident, cli);
  registerShows(incident, cli);
  registerDecisions(incident, cli);
};

function registerOpen(incident: Command, cli: Cli): void {
  incident
    .command('open')
    .description('plan an incident, wait for approval, rotate, prove, report')
    .requiredOption('--vendor <vendor>', 'whose breach it is')
    .requiredOption('--reason <reason>', 'why, such as INC-42; it is in the plan and the report')
    .option('--key <key>', 'name of this incident; by default made of the reason')
    .option('--dry-run', 'stop after the plan, having really looked at every host, login and vault; changes nothing')
    .option('--yes', 'approve the plan at once; only where no signatures are configured')
    .option(
      '--as <file>',
      'key that opens it, where approvals are signed; by default the one in ssh-agent. It never approves',
    )
    .option('--no-wait', 'return as soon as it is open')
    .action(
      cli.action(async (context, options: OpenOptions) => {
        const { openIncident } = await import('../incident/open.js');
        return openIncident(context, options);
      }),
    );
}

function registerShows(incident: Command, cli: Cli): void {
  incident
    .command('list')
    .description('incidents, newest first')
    .action(
      cli.action(async (context) => {
        const [{ listIncidents }, { withClient }] = await Promise.all([
          import('../incident/show.js'),
          import('../incident/withClient.js'),
        ]);
        return withClient(context, (client) => listIncidents(context, client));
      }),
    );
  onOne(
    incident,
    cli,
    'plan',
    'what is planned: what, where, in which order, what cannot work and why',
    async (context, id) => {
      const [{ showPlan }, { withIncident }] = await Promise.all([
        import('../incident/show.js'),
        import('../incident/withClient.js'),
      ]);
      return withIncident(context, id, (client, found) => showPlan(context, client, found));
    },
  );
  onOne(incident, cli, 'status', 'where it stands, and every credential that is not rotated', async (context, id) => {
    const [{ showStatus }, { withIncident }] = await Promise.all([
      import('../incident/show.js'),
      import('../incident/withClient.js'),
    ]);
    return withIncident(context, id, (client, found) => showStatus(context, client, found));
  });
  onOne(incident, cli, 'watch', 'follow it until it ends', async (context, id) => {
    const { watchToTheEnd } = await import('../incident/watchToTheEnd.js');
    return watchToTheEnd(context, id);
  });
  incident
    .command('report')
    .argument('<incident>', 'vendor/key')
    .option('--html <file>', 'write it as one page that needs nothing else')
    .description('the report that was written when it ended; --json: the report itself')
    .action(
      cli.action(async (context, given: string, options: ReportOptions) => {
        const [{ showReport }, { incidentId }] = await Promise.all([
          import('../incident/report.js'),
          import('../incident/names.js'),
        ]);
        return showReport(context, incidentId(given), options);
      }),
    );
}

type OnOne = (context: CommandContext, incident: string) => Promise<Outcome>;

function onOne(parent: Command, cli: Cli, name: string, description: string, run: OnOne): void {
  parent
    .command(name)
    .argument('<incident>', 'vendor/key')
    .description(description)
    .action(
      cli.action(async (context, given: string) => {
        const { incidentId } = await import('../incident/names.js');
        return run(context, incidentId(given));
      }),
    );
}

function registerDecisions(incident: Command, cli: Cli): void {
  const descriptions = {
    pause: 'start no further rotation; what is under way goes on',
    resume: 'go on after a pause or a halt',
    abort: 'start no further rotation; what is under way is finished or undone',
  } as const;
  signable(incident, 'approve', 'approve the plan; signed where relock.yaml asks for it')
    .option('--digest <digest>', 'the digest of the plan that you read; by default the stored plan, every page checked')
    .action(
      cli.action((context, given: string, options: DecisionOptions) => decideOn(context, given, 'approve', options)),
    );
  signable(incident, 'deny', 'refuse the plan: nothing more is changed, the incident ends').action(
    cli.action((context, given: string, options: DecisionOptions) => decideOn(context, given, 'deny', options)),
  );
  incident
    .command('close')
    .argument('<incident>', 'vendor/key')
    .requiredOption('--reason <reason>', 'why it is closed although something is still open; it is in the report')
    .description('end an incident that only waits for what may take long; its report lists that as open')
    .action(
      cli.action((context, given: string, options: DecisionOptions) => decideOn(context, given, 'close', options)),
    );
  for (const decision of ['pause', 'resume', 'abort'] as const) {
    incident
      .command(decision)
      .argument('<incident>', 'vendor/key')
      .description(descriptions[decision])
      .action(cli.action((context, given: string) => decideOn(context, given, decision)));
  }
}

function signable(incident: Command, name: string, description: string): Command {
  return incident
    .command(name)
    .argument('<incident>', 'vendor/key')
    .option('--key <file>', 'ed25519 key to sign with; by default the one in ssh-agent that may')
    .option('--print', "print the update's input, to be pasted into the Temporal UI, instead of sending it")
    .description(description);
}

async function decideOn(
  context: CommandContext,
  given: string,
  decision: Decision,
  options: DecisionOptions = {},
): Promise<Outcome> {
  const { sendDecision } = await import('../incident/sendDecision.js');
  return sendDecision(context, given, decision, options);
}

import { type Reason, reasons } from '../../model/endStates.js';

/** A rotation that waits, possibly long: for what, and how to let it go on. */
export function parkedLines(credential: string, reason: Reason, workflow: string): readonly string[] {
  return [
    `${credential}: waiting: ${reasons[reason]}`,
    `  next: ${nextOf(reason, workflow)}`,
    `  its page in the Temporal UI: workflow ${workflow}`,
  ];
}

function nextOf(reason: Reason, workflow: string): string {
  switch (reason) {
    case 'promoteShare':
      return `decide: ${signal(workflow, 'decide')} --input '{"promote":true}' (or false)`;
    case 'consumers':
      return `when they have moved: ${signal(workflow, 'consumersMoved')}`;
    case 'vendor':
      return 'the value comes by relock supply';
    default:
      return 'nothing; it looks again by itself and goes on';
  }
}

function signal(workflow: string, name: string): string {
  return `temporal workflow signal --workflow-id ${workflow} --name ${name}`;
}

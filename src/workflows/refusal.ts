import { ApplicationFailure } from '@temporalio/workflow';

/** An update that is not accepted. Without a stack: the Temporal UI would show it beside the message. */
export function refusal(message: string): ApplicationFailure {
  const failure = ApplicationFailure.create({ message, type: 'UpdateRefused', nonRetryable: true });
  failure.stack = '';
  return failure;
}

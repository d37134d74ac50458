/**
 * What can go wrong at a vault or a target, as one closed table. Programs act on the code, people read the meaning.
 * Temporal retries only what `retry` allows; a code's message never carries a value that came from a remote side.
 */
export const errorCodes = {
  NotFound: { meaning: 'the account, secret or object does not exist there', actor: 'platform', retry: false },
  Conflict: { meaning: 'somebody else wrote first, or holds the record', actor: 'relock', retry: false },
  Spent: { meaning: 'this rotation token was used up; a new rotation needs a new one', actor: 'relock', retry: false },
  Unauthorized: { meaning: "relock's own login was refused there", actor: 'platform', retry: false },
  Refused: { meaning: 'the other side understood the request and said no', actor: 'operator', retry: false },
  LockedOut: { meaning: 'the account or our address is locked, disabled or banned', actor: 'operator', retry: false },
  Unreachable: { meaning: 'no connection could be made', actor: 'network', retry: true },
  Timeout: { meaning: 'no answer within the deadline', actor: 'network', retry: true },
  Unsupported: { meaning: 'this driver or server cannot do that', actor: 'platform', retry: false },
  Misconfigured: { meaning: 'the configuration does not fit what is there', actor: 'platform', retry: false },
  Bug: { meaning: 'relock broke one of its own rules', actor: 'developers', retry: false },
} as const satisfies Record<string, { meaning: string; actor: string; retry: boolean }>;

export type ErrorCode = keyof typeof errorCodes;

/** `none`: proved that nothing changed there. `unknown`: it may have changed, or may still change. */
export type Effect = 'none' | 'unknown';

export interface DriverErrorFields {
  readonly code: ErrorCode;
  readonly effect: Effect;
  /** Registered driver name, such as `linux` or `openbao`. */
  readonly driver: string;
  /** What it happened to: a target id, a vault id or a reference. Never a value. */
  readonly subject: string;
  /** What happened, what is true now, what to do next. Written here, never copied from a third party. */
  readonly message: string;
}

/**
 * The only error that a driver throws. It has no `cause`: third-party errors carry tokens and bodies, so they are
 * rebuilt into these fields where they are caught.
 */
export class DriverError extends Error implements DriverErrorFields {
  readonly code: ErrorCode;
  readonly effect: Effect;
  readonly driver: string;
  readonly subject: string;

  constructor(fields: DriverErrorFields) {
    super(fields.message);
    this.name = 'DriverError';
    this.code = fields.code;
    this.effect = fields.effect;
    this.driver = fields.driver;
    this.subject = fields.subject;
  }
}

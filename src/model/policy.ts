/** What a rotation does when a step fails before `promote`. After it, everything goes forward. */
export const failurePolicies = {
  restore: 'put the old secret back; default of scheduled rotations',
  forward: 'never put a possibly stolen secret back; default of incidents',
  disable: 'suspend the account until a person decides',
} as const;
export type FailurePolicy = keyof typeof failurePolicies;

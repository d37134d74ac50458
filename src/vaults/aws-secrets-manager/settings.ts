import { z } from 'zod';

const variable = z.string().min(1);

export const awsSettings = z
  .strictObject({
    region: z
      .string()
      .regex(/^[a-z]{2}(?:-[a-z]+)+-\d+$/, 'expected a region such as us-east-1')
      .describe('where the secrets are; of a replicated secret, its primary region'),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("another address of the API, such as a VPC endpoint's; default: the region's own"),
    kmsKeyId: z
      .string()
      .min(1)
      .optional()
      .describe(
        "KMS key of relock's own documents; readers must not be allowed to decrypt with it. Default: aws/secretsmanager",
      ),
    accessKeyIdEnv: variable
      .optional()
      .describe('environment variable that holds the access key id; default: the usual chain of AWS'),
    secretAccessKeyEnv: variable.optional().describe('environment variable that holds the secret access key'),
    sessionTokenEnv: variable
      .optional()
      .describe('environment variable that holds the session token, for temporary keys'),
  })
  .refine(
    ({ accessKeyIdEnv, secretAccessKeyEnv }) => (accessKeyIdEnv === undefined) === (secretAccessKeyEnv === undefined),
    {
      message: 'expected both of accessKeyIdEnv and secretAccessKeyEnv, or neither',
    },
  )
  .refine(({ accessKeyIdEnv, sessionTokenEnv }) => sessionTokenEnv === undefined || accessKeyIdEnv !== undefined, {
    message: 'sessionTokenEnv needs accessKeyIdEnv and secretAccessKeyEnv',
  });
export type AwsSettings = z.output<typeof awsSettings>;

import { z } from 'zod';

/** What relock reads of AWS's answers. The SDK passes on whatever came: an answer of something else must not look like an empty vault. */
export const valueShape = z.object({ VersionId: z.string().min(1), SecretString: z.string().optional() });

export const descriptionShape = z.object({
  Name: z.string().min(1),
  DeletedDate: z.date().optional(),
  RotationEnabled: z.boolean().optional(),
  OwningService: z.string().optional(),
  PrimaryRegion: z.string().optional(),
  VersionIdsToStages: z.record(z.string(), z.array(z.string())).optional(),
});

const nextPage = z.string().optional();

export const namesShape = z.object({ SecretList: z.array(z.object({ Name: z.string() })), NextToken: nextPage });

export const versionsShape = z.object({
  Versions: z.array(z.object({ CreatedDate: z.date().optional() })).optional(),
  NextToken: nextPage,
});

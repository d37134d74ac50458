import type { AllowedSigner } from '../approval/allowedSigners.js';
import type { ArtifactStore } from '../contracts/artifactStore.js';
import type { BoundTarget } from '../contracts/registration.js';
import type { SecretPath, VaultBackend } from '../contracts/vaultBackend.js';
import type { CopyShape } from '../model/copyShape.js';
import type { CredentialKind, KeyType } from '../model/kinds.js';
import type { RotationTiming } from '../model/plan.js';
import type { CredentialId, TargetId } from '../model/record.js';
import type { Millis } from '../model/time.js';

/** `vault:path`, such as `primary:itron/headend-svc`. */
export interface SecretRef {
  readonly vault: string;
  readonly path: SecretPath;
  /** Absent: it lies there as relock would write it. */
  readonly shape?: CopyShape;
}

export interface CredentialEntry {
  readonly id: CredentialId;
  readonly vendor: string;
  readonly kind: CredentialKind;
  readonly account: string;
  /** The first is changed alone. */
  readonly targets: readonly TargetId[];
  /** The first is the primary. */
  readonly copies: readonly SecretRef[];
  readonly everyDays: number | null;
  /** Its first secret is set by relock, where no vault holds one. */
  readonly adopt: boolean;
  /** null: the kind of the key that is replaced. */
  readonly keyType: KeyType | null;
  readonly usernameDiffers: boolean;
  readonly owner: string | null;
  /** `relock.yaml:41`. */
  readonly provenance: string;
  /** SHA-256 (hex) over everything that says what would be changed where: kind, account, copies, and each target's settings, pins and management reference. */
  readonly descriptorDigest: string;
}

export interface TargetEntry {
  readonly bound: BoundTarget;
  readonly type: string;
  readonly zone: string | null;
  readonly management: { readonly account: string; readonly secret: SecretRef } | null;
}

export interface WaveSettings {
  /** Credentials in the first wave, all of which must succeed. */
  readonly canary: number;
  readonly size: number;
  readonly haltAtFailedPercent: number;
  /** Rotations of one incident under way at once. */
  readonly inFlight: number;
}

/** How long things may take; every one has a default. */
export interface Timing extends RotationTiming {
  /** One vault or target call. */
  readonly callMs: Millis;
  /** A probe waits for silence this long. */
  readonly probeMs: Millis;
}

/** relock.yaml, read, checked and resolved. It holds no secrets; drivers are made on first use. */
export interface Estate {
  readonly file: string;
  readonly credentials: ReadonlyMap<CredentialId, CredentialEntry>;
  readonly targets: ReadonlyMap<TargetId, TargetEntry>;
  readonly vaults: ReadonlyMap<string, VaultBackend>;
  readonly artifacts: ArtifactStore;
  /** null: approvals need no signature, and every page says so. */
  readonly approvals: {
    readonly signers: readonly AllowedSigner[];
    /** The file that they are in, as it was when relock.yaml was read. */
    readonly file: string;
    readonly text: string;
    readonly required: number;
    readonly per: 'incident' | 'wave';
    readonly validHours: number;
  } | null;
  /** Key ring of the encrypting codec; null: where relock keeps it by default. */
  readonly codecKeyFile: string | null;
  /** Key of ids in Temporal that tell no name; null: ids are names. */
  readonly opaqueIdsFile: string | null;
  readonly waves: WaveSettings;
  readonly timing: Timing;
}

/** One thing wrong with a configuration. */
export interface Problem {
  readonly file: string;
  /** 1-based; null when it is about the whole file. */
  readonly line: number | null;
  /** What is wrong, what was expected, what to write instead. */
  readonly message: string;
}

import { startTemporal, type TestTemporal } from '../../harness/temporal.js';
import type { EstateKind, FaultEstate } from '../estate.js';
import { type Build, type RelockPlace, relockCommand, WorkerProcess } from './relockPrograms.js';
import { Rotations } from './rotations.js';
import { Wires } from './wires.js';

/** One estate with everything that a run needs: its proxied lines, a worker, a Temporal server. */
export class Lane {
  private constructor(
    readonly kind: EstateKind,
    readonly estate: FaultEstate,
    readonly wires: Wires,
    readonly temporal: TestTemporal,
    readonly worker: WorkerProcess,
    readonly rotations: Rotations,
    readonly place: RelockPlace,
  ) {}

  static async start(kind: EstateKind, build: Build): Promise<Lane> {
    const wires = new Wires();
    const [estate, temporal] = await Promise.all([kind.start(wires.through), startTemporal()]);
    const environment = { ...estate.environment, TEMPORAL_ADDRESS: temporal.address };
    const place = { build, folder: estate.folder, environment };
    const rotations = await Rotations.connect(estate, temporal.address);
    const worker = new WorkerProcess(place);
    await worker.start();
    return new Lane(kind, estate, wires, temporal, worker, rotations, place);
  }

  /** A relock command in the estate's folder. */
  relock(...args: readonly string[]) {
    return relockCommand(this.place, args);
  }

  async stop(): Promise<void> {
    await this.worker.kill();
    await this.rotations.close();
    await this.temporal.stop();
    await this.wires.close();
    await this.estate.stop();
  }
}
